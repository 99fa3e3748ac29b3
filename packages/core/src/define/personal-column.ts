import { type $ZodType, safeEncode } from "zod/v4/core";
import { InvalidDefinitionError } from "../errors/define-errors.ts";
import type { ColumnModel } from "./column-model.ts";
import { columnPlan } from "./column-plan.ts";
import { columnSpelling, columnTypeOf } from "./column-type.ts";
import { isForgotten } from "./forgotten.ts";
import type { FieldColumn } from "./index-options.ts";
import { type JsonValue, toJson } from "./json-value.ts";
import { personalSchema } from "./personal.ts";
import { inspectSchema, unwrap } from "./schema-shape.ts";

/** Whether a field of the state is personal as a whole, refusing one of which only parts are. */
export const isPersonalField = (definition: string, property: string, field: $ZodType): boolean => {
  if (personalSchema(unwrap(field)) !== undefined) return true;
  if (!inspectSchema(field).hasPersonal) return false;
  throw new InvalidDefinitionError(
    definition,
    `index column "${property}" has personal parts`,
    "Mark the whole field, or keep what is not personal in a field of its own.",
  );
};

const REFUSED = ["type", "collation", "references", "check", "sort"] as const;

/**
 * An index column of a personal field. Core knows the value that is compared; what is stored is a keyed
 * hash of it, which the store's sealing makes. Nothing where the value is forgotten.
 */
export const personalColumn = (
  definition: string,
  property: string,
  field: $ZodType,
  options: FieldColumn<unknown>,
): ColumnModel => {
  const option = REFUSED.find((name) => options[name] !== undefined);
  if (option !== undefined) {
    throw new InvalidDefinitionError(
      definition,
      `index column "${property}" is personal and has the option "${option}"`,
      "It stores hashes, which can be compared for equality and nothing else.",
    );
  }
  const inner = personalSchema(unwrap(field)) as $ZodType;
  const type = columnTypeOf(inner);
  if (type === undefined) {
    throw new InvalidDefinitionError(
      definition,
      `there is no one spelling of "${property}" that could be hashed`,
      "Index a text, number, boolean, date or uuid.",
    );
  }
  const { hasCodec } = inspectSchema(inner);
  const { normalize } = options;
  const toStored = (value: unknown): JsonValue => {
    if (value === null || value === undefined || isForgotten(value)) return null;
    const normalized = normalize ? normalize(value) : value;
    const encoded = hasCodec ? safeEncode(inner, normalized as never) : undefined;
    const spelled = columnSpelling(type, toJson(encoded?.success ? encoded.data : normalized));
    return spelled === null ? null : String(spelled);
  };
  const readOldValue = (state: object) => toStored((state as Record<string, unknown>)[property]);
  const plan = columnPlan(definition, property, { kind: "text" }, true, {
    ...options,
    sort: false,
  });
  return {
    plan: { ...plan, isHash: true },
    toStored,
    readOldValue,
    readValue: readOldValue,
  };
};
