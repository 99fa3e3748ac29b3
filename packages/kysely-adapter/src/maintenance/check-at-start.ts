import { SchemaMismatchError } from "@annals/core";
import type { Kysely } from "kysely";
import { checkSchema } from "./check-schema.ts";
import type { AnyDefinition } from "./describe.ts";

/** What is done about a database that is not what the definitions need. */
export type CheckAtStart = "off" | "warn" | "error";

export interface CheckAtStartOptions {
  /** Told in place of `process.emitWarning` where differences only warn. */
  readonly onWarning?: (warning: Error) => void;
}

/**
 * Compares the database with the definitions once, before a program takes up its work, and says what
 * `annals check` says: `error` throws it, `warn` reports it, `off` does not look. Nothing of it is left
 * in the calls of repositories.
 *
 * @throws SchemaMismatchError with every difference, for `error`.
 * @throws DatabaseError where the database cannot be asked, for `error`; `warn` reports that too.
 */
export const checkAtStart = async <DB>(
  db: Kysely<DB>,
  definitions: readonly AnyDefinition[],
  mode: CheckAtStart,
  { onWarning = (warning) => process.emitWarning(warning) }: CheckAtStartOptions = {},
): Promise<void> => {
  if (mode === "off") return;
  const problem = await problemOf(db, definitions);
  if (problem === undefined) return;
  if (mode === "error") throw problem;
  onWarning(problem);
};

const problemOf = async <DB>(
  db: Kysely<DB>,
  definitions: readonly AnyDefinition[],
): Promise<Error | undefined> => {
  try {
    const differences = await checkSchema(db, definitions);
    return differences.length === 0 ? undefined : new SchemaMismatchError(differences);
  } catch (error) {
    return error as Error;
  }
};
