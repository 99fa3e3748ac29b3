import type { $ZodCheck, $ZodType, $ZodTypes } from "zod/v4/core";
import { type JsonValue, NotJsonError } from "./json-value.ts";
import { codecSides, unwrap } from "./schema-shape.ts";
import { isUuid } from "./uuid.ts";

/** What an index column holds. Stores map each kind to a type of theirs. */
export type ColumnType =
  | { readonly kind: "text" | "integer" | "bigint" | "double" | "numeric" | "boolean" | "uuid" }
  | { readonly kind: "timestamp" | "date" }
  | { readonly kind: "enum"; readonly values: readonly string[] }
  /** A type that the definition names itself, in the database's own words. */
  | { readonly kind: "declared"; readonly name: string };

const INT32_MAX = 2 ** 31 - 1;
const INT32_MIN = -(2 ** 31);

/**
 * The column type for a field of the entity schema, or `undefined` where there is no fixed rule and
 * the definition must say `type`.
 */
export const columnTypeOf = (field: $ZodType): ColumnType | undefined => {
  const schema = unwrap(field);
  const codec = codecSides(schema);
  if (codec !== undefined) {
    // A bigint travels as a string, so its stored side would make it text.
    const isBigInt = unwrap(codec.out)._zod.def.type === "bigint";
    return isBigInt ? { kind: "numeric" } : columnTypeOf(codec.in);
  }
  const def = schema._zod.def;
  switch (def.type) {
    case "string":
      return stringType(def as { format?: string; local?: boolean });
    case "number":
      return numberType(schema);
    case "boolean":
      return { kind: "boolean" };
    case "enum":
      return enumType(Object.values(def.entries));
    case "literal":
      return enumType(def.values);
    default:
      return undefined;
  }
};

const stringType = (def: { format?: string; local?: boolean }): ColumnType | undefined => {
  switch (def.format) {
    case "uuid":
    case "guid":
      return { kind: "uuid" };
    case "datetime":
      // A local time means another instant in every session's time zone.
      return def.local === true ? undefined : { kind: "timestamp" };
    case "date":
      return { kind: "date" };
    default:
      return { kind: "text" };
  }
};

interface NumberRule {
  readonly check?: string;
  readonly format?: string;
  readonly value?: unknown;
}

/** The bounds of zod's integer formats. */
const FORMAT_BOUNDS: Readonly<Record<string, readonly [min: number, max: number]>> = {
  int32: [INT32_MIN, INT32_MAX],
  uint32: [0, 2 ** 32 - 1],
  safeint: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};

const numberType = (schema: $ZodTypes): ColumnType => {
  const def = schema._zod.def as NumberRule & { readonly checks?: readonly $ZodCheck[] };
  const rules = [def, ...(def.checks ?? []).map(({ _zod }) => _zod.def as NumberRule)];
  const bounds = rules
    .map(({ format }) => FORMAT_BOUNDS[format ?? ""])
    .filter((bound) => bound !== undefined);
  if (bounds.length === 0) return { kind: "double" };
  const limits = (check: string) =>
    rules.flatMap((rule) => (rule.check === check ? [Number(rule.value)] : []));
  const min = Math.max(...bounds.map(([lowest]) => lowest), ...limits("greater_than"));
  const max = Math.min(...bounds.map(([, highest]) => highest), ...limits("less_than"));
  return { kind: min >= INT32_MIN && max <= INT32_MAX ? "integer" : "bigint" };
};

const enumType = (values: readonly unknown[]): ColumnType | undefined =>
  values.every((value) => typeof value === "string") ? { kind: "enum", values } : undefined;

/**
 * A stored value in the one spelling in which columns of this type keep and compare it, so that all
 * stores agree on what is equal: a uuid in small letters, a time in UTC with milliseconds.
 *
 * @throws NotJsonError for a value that no column of this type can hold.
 */
export const columnSpelling = (type: ColumnType, value: JsonValue): JsonValue => {
  if (value === null) return null;
  const spelled = SPELLINGS[type.kind](value);
  if (spelled === undefined) throw new NotJsonError([], `does not fit a column of ${type.kind}`);
  return spelled;
};

type Spelling = (value: JsonValue) => JsonValue | undefined;

const text: Spelling = (value) => (typeof value === "string" ? value : undefined);

const wholeNumber =
  (min: number, max: number): Spelling =>
  (value) =>
    Number.isInteger(value) && min <= Number(value) && Number(value) <= max ? value : undefined;

/** PostgreSQL has no year 0, and JavaScript's years beyond four digits are spelled differently. */
const instant = (value: JsonValue): string | undefined => {
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  const iso = Number.isNaN(time) ? "0000" : new Date(time).toISOString();
  return /^(0000|[+-])/.test(iso) ? undefined : iso;
};

const SPELLINGS: Readonly<Record<ColumnType["kind"], Spelling>> = {
  text,
  enum: text,
  integer: wholeNumber(INT32_MIN, INT32_MAX),
  bigint: wholeNumber(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  double: (value) => (typeof value === "number" ? value : undefined),
  numeric: (value) =>
    /^-?\d+$/.test(String(value)) ? BigInt(String(value)).toString() : undefined,
  boolean: (value) => (typeof value === "boolean" ? value : undefined),
  uuid: (value) => (isUuid(value) ? value.toLowerCase() : undefined),
  timestamp: instant,
  date: (value) => (instant(value)?.slice(0, 10) === value ? value : undefined),
  declared: (value) => value,
};
