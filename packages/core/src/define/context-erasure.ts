import type { $ZodObject, $ZodType } from "zod/v4/core";
import { InvalidDefinitionError } from "../errors/define-errors.ts";
import type { SubjectOptions } from "./erasure.ts";
import { inspectSchema } from "./schema-shape.ts";

/** Whom the personal values of a context are about. They are kept by crypto-shredding. */
export interface ContextErasure<Field extends string = string> {
  readonly subject: SubjectOptions<Field>;
}

const NAME = "context";

/** Checks what a context says about its personal fields against the fields themselves. */
export const checkContextErasure = (
  schema: $ZodObject,
  erasure: ContextErasure | undefined,
): void => {
  const hasPersonal = inspectSchema(schema).hasPersonal;
  if (!hasPersonal && erasure === undefined) return;
  if (erasure === undefined) {
    throw new InvalidDefinitionError(
      NAME,
      "the schema has a personal field, but nothing says whom it is about",
      'Add { erasure: { subject: { kind: "user", field: "actor" } } }.',
    );
  }
  if (!hasPersonal) {
    throw new InvalidDefinitionError(
      NAME,
      "it declares erasure, but its schema has no personal field",
      "Mark the fields with personal(), or leave erasure out.",
    );
  }
  checkSubject(schema, erasure.subject);
};

const checkSubject = (schema: $ZodObject, subject: SubjectOptions<string> | undefined): void => {
  const { kind, field = "" } = subject ?? {};
  if (typeof kind !== "string" || !/^[a-z][A-Za-z0-9]*$/.test(kind)) {
    throw new InvalidDefinitionError(
      NAME,
      "the kind of its erasure's subject is not a plain word",
      'Use letters and digits with a small letter first, for example "user".',
    );
  }
  const named = schema._zod.def.shape[field] as $ZodType | undefined;
  if (named !== undefined && !inspectSchema(named).hasPersonal) return;
  throw new InvalidDefinitionError(
    NAME,
    `"${field}", the field of its erasure's subject, is ${named === undefined ? "not in its schema" : "personal itself"}`,
    "Name a field that has the subject's id, which says nothing about them.",
  );
};
