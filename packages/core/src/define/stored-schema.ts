import { type $ZodType, toJSONSchema } from "zod/v4/core";
import { personalSchema } from "./personal.ts";
import { PERSONAL } from "./personal-marks.ts";
import type { JsonSchema } from "./schema-fits.ts";

export interface StoredSchemaOptions {
  /** Whether defaults are left out: one that is a function may be another each time. Default is `false`. */
  readonly withoutDefaults?: boolean;
}

/** The JSON schema of what a schema stores. Rules that are functions, such as refinements, are not in it. */
export const storedSchema = (schema: $ZodType, options: StoredSchemaOptions = {}): JsonSchema => {
  const { $schema: _, ...rest } = toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      if (options.withoutDefaults) delete jsonSchema.default;
      const inner = personalSchema(zodSchema);
      if (inner === undefined) return;
      Object.assign(jsonSchema, personalContract(storedSchema(inner, options)));
    },
  });
  return JSON.parse(JSON.stringify(rest)) as JsonSchema;
};

/** What is personal is read marked, and in the clear where it was not personal before. */
const personalContract = (inner: JsonSchema): object => {
  const marked = {
    type: "object",
    properties: { [PERSONAL]: inner },
    required: [PERSONAL],
    additionalProperties: false,
  };
  return { anyOf: [marked, inner] };
};
