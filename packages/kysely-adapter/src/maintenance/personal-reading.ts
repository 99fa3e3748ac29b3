import type { AnyEntity, KeyProvider } from "@annals/core";
import { model, type StoredEntity, sealingOf, storedOpener } from "@annals/core/adapter";
import type { Kysely, Transaction } from "kysely";
import { Database } from "../connection/database.ts";
import { subjectStore } from "../store/subject-store.ts";

type Columns = readonly Parameters<
  NonNullable<ReturnType<typeof sealingOf>>["hashes"]["rows"]
>[0][number][];

/** What maintenance reads entities and computes columns with, where they have personal values. */
export interface PersonalReading {
  readonly open: (stored: readonly StoredEntity[]) => Promise<readonly StoredEntity[]>;
  readonly hash: (columns: Columns) => Promise<Columns>;
}

/**
 * Opens and hashes as a definition's repository does; does nothing where nothing is personal.
 *
 * @throws KeysRequiredError
 */
export const personalReading = <DB>(
  db: Kysely<DB>,
  definition: AnyEntity,
  keys: KeyProvider | undefined,
): PersonalReading => {
  const sealing = sealingOf<Transaction<DB>>(
    definition[model],
    { subjects: () => subjectStore(new Database(db)) },
    keys,
  );
  if (sealing === undefined) {
    return { open: async (stored) => stored, hash: async (columns) => columns };
  }
  const open = storedOpener(sealing);
  return {
    open: (stored) => open(stored, "none"),
    hash: (columns) => sealing.hashes.rows(columns, "none"),
  };
};
