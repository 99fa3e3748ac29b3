import { type AnyTopic, type ErasureSettings, KeysRequiredError, type Subject } from "@annals/core";
import { type ColumnHashes, type EntityModel, model, sealingOf } from "@annals/core/adapter";
import type { Kysely, Transaction } from "kysely";
import { Database } from "../connection/database.ts";
import { databaseError } from "../connection/database-error.ts";
import type { Statement } from "../connection/statement.ts";
import { entityTableNames } from "../statements/entity-table-names.ts";
import {
  requestRemnants,
  rowsWithTexts,
  type SearchedTableRow,
  type SubjectRemnantsRow,
  searchedTables,
  snapshotRemnants,
  subjectRemnants,
} from "../statements/find-remnants.ts";
import { subjectStore } from "../store/subject-store.ts";

export interface VerifyForgottenOptions {
  /**
   * Values that nobody must find any more, as whoever asked to be forgotten knows them: every table of the
   * database is searched for them, and index columns for their hashes.
   */
  readonly values?: readonly string[];
}

/** Something that is still there of somebody. */
export interface Remnant {
  readonly table: string;
  readonly rows: number;
  /** What it is, as a sentence without values. */
  readonly problem: string;
}

export interface ForgottenVerification {
  /** Whether nothing was found. */
  readonly isForgotten: boolean;
  readonly remnants: readonly Remnant[];
}

/** Looks for what is left of a subject. */
export const verifyForgotten = async <DB>(
  db: Kysely<DB>,
  { definitions, keys }: ErasureSettings,
  { kind, id }: Subject,
  { values = [] }: VerifyForgottenOptions = {},
): Promise<ForgottenVerification> => {
  const database = new Database(db);
  const subject = `${kind}/${id}`;
  const run = async <Row>(text: Statement, parameters: readonly unknown[]) => {
    try {
      return (await database.run<Row>(text, parameters, "none", ["erasure", "verify"])).rows;
    } catch (error) {
      throw databaseError("looking for remnants", error);
    }
  };
  const remnants: Remnant[] = [];
  const found = (table: string, rows: number, problem: string): void => {
    if (rows > 0) remnants.push({ table, rows, problem });
  };

  const [row] = await run<SubjectRemnantsRow>(subjectRemnants, [subject]);
  found("annals.subjects", row?.forgotten === 1 ? 0 : 1, "It was never forgotten.");
  found("annals.subjects", row?.keys ?? 0, "Its data key is there.");
  found("annals.personal_values", row?.values ?? 0, "Values are there.");
  found("annals.subject_uses", row?.uses ?? 0, "Entities have not got the event: forget it again.");
  const entities = definitions.filter(isPersonalEntity);
  for (const { plan, [model]: entity } of entities) {
    const tables = entityTableNames(plan, database.schema);
    const { snapshots } = tables;
    const text = requestRemnants(tables);
    const [requests] = await run<{ rows: number }>(text, [subject]);
    found("annals.idempotency_keys", requests?.rows ?? 0, "A request tells what was asked.");
    if (snapshots === undefined) continue;
    const older = [subject, entity.erasure?.event];
    const [kept] = await run<{ rows: number }>(snapshotRemnants(tables, snapshots), older);
    found(
      `${database.schema}.${plan.snapshot?.table}`,
      kept?.rows ?? 0,
      "States are kept that are older than the forgetting.",
    );
  }
  const needles = [...values, ...(await hashesOf(db, entities, keys, values))].map(needle);
  if (needles.length > 0) {
    for (const table of await run<SearchedTableRow>(searchedTables, [])) {
      const [matches] = await run<{ rows: number }>(rowsWithTexts(table), [needles]);
      const name = `${table.schema}.${table.table}`;
      found(name, matches?.rows ?? 0, "A value that was given is in it, or its hash.");
    }
  }
  return { isForgotten: remnants.length === 0, remnants };
};

type PersonalEntity = AnyTopic & {
  readonly plan: EntityModel["plan"];
  readonly [model]: EntityModel;
};

const isPersonalEntity = (definition: AnyTopic): definition is PersonalEntity =>
  definition.plan.kind === "entity" && definition[model].erasure !== undefined;

/** As JSON has it, in small letters. */
const needle = (text: string): string => JSON.stringify(text).slice(1, -1).toLowerCase();

/** What personal columns would store of these values. */
const hashesOf = async <DB>(
  db: Kysely<DB>,
  entities: readonly PersonalEntity[],
  keys: ErasureSettings["keys"],
  values: readonly string[],
): Promise<readonly string[]> => {
  const hashes: string[] = [];
  for (const { [model]: entity } of entities) {
    const columns = entity.columns.filter(({ plan }) => plan.isHash);
    if (columns.length === 0) continue;
    const sealing = sealingOf<Transaction<DB>>(
      entity,
      { subjects: () => subjectStore(new Database(db)) },
      keys,
    );
    if (sealing === undefined) throw new KeysRequiredError(entity.plan.name);
    for (const column of columns) {
      hashes.push(...(await columnHashes(sealing.hashes, column, values)));
    }
  }
  return hashes;
};

const columnHashes = async <DB>(
  hashes: ColumnHashes<Transaction<DB>>,
  { plan: { property }, toStored }: EntityModel["columns"][number],
  values: readonly string[],
): Promise<readonly string[]> => {
  const stored = values.flatMap((value) => {
    try {
      return [toStored(value)];
    } catch {
      // No value of this column.
      return [];
    }
  });
  const properties = stored.map(() => property);
  return (await hashes.values(properties, stored, "none")).map(String);
};
