import type { $ZodObject, $ZodType } from "zod/v4/core";
import { InvalidDefinitionError } from "../errors/define-errors.ts";
import { inspectSchema } from "./schema-shape.ts";

/** Refuses names that cannot be stored, and two that would be one to a reader. */
export const checkEventNames = (definition: string, types: readonly string[]): void => {
  const seen = new Map<string, string>();
  for (const type of types) {
    checkEventName(definition, type);
    const folded = type.replace(/[^A-Za-z0-9]/g, "").toLowerCase();
    const twin = seen.get(folded);
    if (twin !== undefined) {
      throw new InvalidDefinitionError(
        definition,
        `"${twin}" and "${type}" name one event twice`,
        "Keep one of them; event names are storage format.",
      );
    }
    seen.set(folded, type);
  }
};

/** Refuses a payload that its stored form could not keep. */
export const checkPayload = (definition: string, type: string, schema: $ZodObject): void => {
  if (schema?._zod?.def?.type !== "object") {
    throw new InvalidDefinitionError(
      definition,
      `the payload of "${type}" is not an object schema`,
      "Use z.object({ … }); z.object({}) for an event that carries nothing.",
    );
  }
  const reserved = Object.keys(schema._zod.def.shape).find(isReservedKey);
  if (reserved !== undefined) {
    throw new InvalidDefinitionError(
      definition,
      `the payload of "${type}" has a field "${reserved}", which the stored format reserves`,
      'Rename it: "type", "v" and names that begin with "$" are taken.',
    );
  }
  refuseUnstorable(definition, `the event "${type}"`, schema);
};

/** Keys of the stored form that no payload may have. */
export const isReservedKey = (key: string): boolean =>
  key === "type" || key === "v" || key.startsWith("$");

/** Refuses a schema of which something would not come back from the database as it went in. */
export const refuseUnstorable = (definition: string, where: string, schema: $ZodType): void => {
  const [found] = inspectSchema(schema).problems;
  if (found === undefined) return;
  const path = found.path.length === 0 ? "" : ` at ${found.path.join(".")}`;
  throw new InvalidDefinitionError(definition, `${where}${path}: ${found.problem}`, found.hint);
};

/** Refuses what is personal where nothing could be forgotten. */
export const refusePersonal = (definition: string, where: string, schema: $ZodType): void => {
  if (!inspectSchema(schema).hasPersonal) return;
  throw new InvalidDefinitionError(
    definition,
    `${where} has a personal field, and is not kept so that it can be forgotten`,
    "Keep an id there, and the values in an entity's events.",
  );
};

/** Refuses a name that cannot be stored. */
export const checkEventName = (definition: string, type: string): void => {
  if (/^[A-Za-z][A-Za-z0-9_.:-]{0,199}$/.test(type)) return;
  throw new InvalidDefinitionError(
    definition,
    `"${type}" is not a usable event name`,
    "Use up to 200 letters, digits and _ . : -, with a letter first.",
  );
};
