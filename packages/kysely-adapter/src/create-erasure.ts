import { createStoreErasure, type Erasure, type ErasureSettings, type Subject } from "@annals/core";
import type { Kysely } from "kysely";
import { Database } from "./connection/database.ts";
import { kyselyStore } from "./kysely-store.ts";
import {
  type ForgottenVerification,
  type VerifyForgottenOptions,
  verifyForgotten,
} from "./maintenance/verify-forgotten.ts";
import { inlineHooks } from "./projections/inline-hooks.ts";
import { type InlineProjection, projectInline } from "./projections/projection-type.ts";

/** What forgets people on PostgreSQL, and looks for what is left of them. */
export interface KyselyErasure extends Erasure {
  /**
   * Looks for what is left of somebody: the key, values in rows of their own, entities that were not told,
   * requests; and for values that are given, in every table of the database. Reads all of it then.
   */
  verifyForgotten(
    subject: Subject,
    options?: VerifyForgottenOptions,
  ): Promise<ForgottenVerification>;
}

/**
 * Opens what forgets people on PostgreSQL. Its role needs to be a member of `annals_eraser`, or the owner of
 * Annals' own tables.
 *
 * @throws KeysRequiredError
 */
export const createErasure = <DB>(
  db: Kysely<DB>,
  settings: ErasureSettings & {
    /** The projections that are written inline: they are told in the transaction that says so. */
    readonly projections?: readonly InlineProjection<never>[];
  },
): KyselyErasure => {
  const projections = (settings.projections ?? []) as readonly InlineProjection[];
  const database = new Database(db);
  const hooksOf = (topic: string) =>
    inlineHooks(
      topic,
      database,
      projections.filter((one) => one[projectInline].follows(topic)),
    );
  return Object.freeze({
    ...createStoreErasure(kyselyStore(db), settings, hooksOf),
    verifyForgotten: (subject, options) => verifyForgotten(db, settings, subject, options),
  } satisfies KyselyErasure);
};
