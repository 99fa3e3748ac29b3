import type { $ZodType, $ZodTypes } from "zod/v4/core";
import { codecSides, unwrap } from "./schema-shape.ts";

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
  const { schema } = unwrap(field);
  const codec = codecSides(schema);
  if (codec !== undefined) {
    // A bigint travels as a string, so its stored side would make it text.
    const isBigInt = unwrap(codec.out).schema._zod.def.type === "bigint";
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

const numberType = (schema: $ZodTypes): ColumnType => {
  const bag = schema._zod.bag as { format?: string; minimum?: number; maximum?: number };
  if (bag.format === undefined || bag.format.startsWith("float")) return { kind: "double" };
  const fits = (bag.minimum ?? -Infinity) >= INT32_MIN && (bag.maximum ?? Infinity) <= INT32_MAX;
  return { kind: fits ? "integer" : "bigint" };
};

const enumType = (values: readonly unknown[]): ColumnType | undefined =>
  values.every((value) => typeof value === "string") ? { kind: "enum", values } : undefined;
