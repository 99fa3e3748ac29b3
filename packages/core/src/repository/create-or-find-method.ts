import type { Entity } from "../decide/entity.ts";
import type { AnyEntity, Declared } from "../define/entity-definition.ts";
import type { CallOptions, HistoryOption } from "./call-options.ts";
import type { CreateArguments } from "./write-methods.ts";

/** The call that needs ids which callers choose; there where the definition says so. */
export type CreateOrFindMethods<
  Definition extends AnyEntity,
  Tx,
> = Declared<Definition>["source"] extends "caller" ? CreateOrFindMethod<Definition, Tx> : unknown;

interface CreateOrFindMethod<Definition extends AnyEntity, Tx> {
  /**
   * Creates the entity, or reads the one that has this id already, whoever is first. One round trip when
   * it is new, two when it is there. The input is decided on either way, and forgotten when the entity
   * is there; a deleted entity is there as well.
   *
   * @returns the entity, and whether it was created by this call.
   * @throws what `create` throws, but for EntityAlreadyExistsError.
   * @example
   * const { entity, created } = await carts.createOrFind({ currency: "EUR" }, { id: sessionId });
   */
  createOrFind(
    ...args: CreateOrFindArguments<CreateArguments<Definition, Tx>, Tx>
  ): Promise<{ readonly entity: Entity<Definition>; readonly created: boolean }>;
}

type CreateOrFindArguments<Arguments, Tx> = Arguments extends [
  input: infer Input,
  options: infer Options extends { readonly id: unknown },
]
  ? [input: Input, options: CallOptions<Tx> & HistoryOption & Pick<Options, "id">]
  : never;
