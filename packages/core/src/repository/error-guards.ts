import type { AnyEntity, Declared } from "../define/entity-definition.ts";
import { AnnalsError } from "../errors/annals-error.ts";
import {
  ConcurrentModificationError,
  ConstraintViolationError,
  DuplicateValueError,
  EntityAlreadyExistsError,
  IdempotencyKeyReusedError,
} from "../errors/append-errors.ts";
import { CommandRejectedError } from "../errors/decide-errors.ts";
import { EntityNotFoundError } from "../errors/read-errors.ts";
import type { ColumnOf, UniqueColumnOf } from "./column-values.ts";

/** The columns of one unique constraint: `["email"]`, or those of a composite in its order. */
export type UniqueColumnsOf<Definition extends AnyEntity> =
  | readonly [UniqueColumnOf<Definition>]
  | Declared<Definition>["together"][number];

/**
 * Whether a unique value was taken: any, any of this entity's, or that of exactly these columns.
 *
 * @example
 * if (isDuplicate(error, User, "email")) return "Somebody has this address already.";
 */
export const isDuplicate = <Definition extends AnyEntity>(
  error: unknown,
  definition?: Definition,
  ...columns: UniqueColumnsOf<Definition> | readonly []
): error is DuplicateValueError =>
  error instanceof DuplicateValueError && isOf(error, definition) && hasColumns(error, columns);

/** Whether somebody else appended first. */
export const isConflict = (
  error: unknown,
  definition?: AnyEntity,
): error is ConcurrentModificationError =>
  error instanceof ConcurrentModificationError && isOf(error, definition);

/** Whether the id was taken. */
export const isAlreadyExists = (
  error: unknown,
  definition?: AnyEntity,
): error is EntityAlreadyExistsError =>
  error instanceof EntityAlreadyExistsError && isOf(error, definition);

/** Whether there was no such entity: any, one of this definition's, or by exactly these columns. */
export const isNotFound = <Definition extends AnyEntity>(
  error: unknown,
  definition?: Definition,
  ...columns: UniqueColumnsOf<Definition> | readonly ["id"] | readonly []
): error is EntityNotFoundError =>
  error instanceof EntityNotFoundError && isOf(error, definition) && hasColumns(error, columns);

/**
 * Whether a command was rejected: for any reason, or for one of these.
 *
 * @example
 * if (isRejected(error, "suspended", "closed")) return error.reason; // "suspended" | "closed"
 */
export const isRejected = <Reason extends string = string>(
  error: unknown,
  ...reasons: readonly Reason[]
): error is CommandRejectedError & { readonly reason: Reason } =>
  error instanceof CommandRejectedError &&
  (reasons.length === 0 || (reasons as readonly string[]).includes(error.reason));

/** Whether a row that a column refers to does not exist, or one that is referred to was to go. */
export const isForeignKeyViolation = <Definition extends AnyEntity>(
  error: unknown,
  definition?: Definition,
  column?: ColumnOf<Definition>,
): error is ConstraintViolationError & { readonly kind: "foreign-key" } =>
  isViolation(error, "foreign-key", definition, column);

/** Whether a CHECK of the database refused: any, one of this entity's, or this column's. */
export const isCheckViolation = <Definition extends AnyEntity>(
  error: unknown,
  definition?: Definition,
  column?: ColumnOf<Definition>,
): error is ConstraintViolationError & { readonly kind: "check" } =>
  isViolation(error, "check", definition, column);

/** Whether the idempotency key belongs to another request. */
export const isIdempotencyKeyReused = (
  error: unknown,
  definition?: AnyEntity,
): error is IdempotencyKeyReusedError =>
  error instanceof IdempotencyKeyReusedError && isOf(error, definition);

/**
 * Whether the same call may succeed when it is simply repeated. After a conflict that is reading,
 * deciding and writing anew, as `transact` does.
 */
export const isRetryable = (error: unknown): error is AnnalsError & { readonly retryable: true } =>
  error instanceof AnnalsError && error.retryable;

const isOf = (error: { readonly entity: string }, definition: AnyEntity | undefined): boolean =>
  definition === undefined || error.entity === definition.name;

const hasColumns = (
  error: { readonly columns: readonly string[] },
  columns: readonly string[],
): boolean =>
  columns.length === 0 ||
  (columns.length === error.columns.length &&
    columns.every((column, at) => column === error.columns[at]));

const isViolation = (
  error: unknown,
  kind: ConstraintViolationError["kind"],
  definition: AnyEntity | undefined,
  column: string | undefined,
): boolean =>
  error instanceof ConstraintViolationError &&
  error.kind === kind &&
  isOf(error, definition) &&
  (column === undefined || error.column === column);
