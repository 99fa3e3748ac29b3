import { AnnalsError, OutcomeUnknownError } from "@annals/core";
import {
  type EntityPlan,
  type EntityStore,
  type EntityWrite,
  isJoined,
  type Join,
  type WriteResult,
} from "@annals/core/adapter";
import type { Transaction } from "kysely";
import type { Database, Outcome } from "../connection/database.ts";
import { appendEach } from "../statements/append-each.ts";
import { createEach } from "../statements/create-each.ts";
import type { EntityTables } from "../statements/entity-table-names.ts";
import { batchParameters } from "./batch-parameters.ts";
import { Lanes, type Settled } from "./lanes.ts";
import { settingsOfScope } from "./settings-of-scope.ts";
import { writeFailure } from "./violations.ts";

type Write<DB> = EntityStore<Transaction<DB>>["write"];

export interface EntityStoreSettings {
  readonly lockTimeoutMs: number;
  /** How many writes are under way at a time before others are gathered; 0 gathers nothing. */
  readonly lanes: number;
}

/** How many writes go into one statement at most. */
const MEMBERS_MAX = 100;

/** How long a statement waits for locks before its members are written one by one, each for as long as it may. */
const BOUND_MS = 50;

/** One write, and what it needs to be made on its own. */
class Single<DB> {
  readonly write: EntityWrite;
  readonly join: Join<Transaction<DB>>;
  readonly #plan: EntityPlan;
  #likeness: string | undefined;

  constructor(plan: EntityPlan, write: EntityWrite, join: Join<Transaction<DB>>) {
    this.#plan = plan;
    this.write = write;
    this.join = join;
  }

  /** What all members of a statement must have in common; nobody asks it of what does not wait. */
  get likeness(): string {
    this.#likeness ??= likenessOf(this.#plan, this.write);
    return this.#likeness;
  }
}

/**
 * Gathers creates and updates that run at the same time into one statement, as soon as all lanes
 * are taken. Each has its own outcome: a statement that fails is as if it had never been, and its members are then
 * written one by one.
 *
 * A write that takes part in a transaction, has an idempotency key, deletes or restores, or is of an
 * entity with children, is made on its own.
 */
export const coalescedWrites = <DB>(
  database: Database<DB>,
  tables: EntityTables,
  one: Write<DB>,
  { lanes: count, lockTimeoutMs }: EntityStoreSettings,
): Write<DB> => {
  const { plan } = tables;
  const settingsOf = settingsOfScope(plan);
  const create = createEach(tables);
  const append = appendEach(tables);
  const bound = `${lockTimeoutMs === 0 ? BOUND_MS : Math.min(lockTimeoutMs, BOUND_MS)}ms`;
  let isWatched = true;

  const several = async (
    singles: readonly Single<DB>[],
  ): Promise<readonly Settled<WriteResult>[]> => {
    const writes = singles.map(({ write }) => write);
    const creates = writes[0]?.expectedVersion === 0;
    const parameters = batchParameters(plan, writes, bound, []);
    try {
      const outcome = await database.run<EachOutcome>(
        creates ? create : append,
        parameters,
        "none",
        [plan.name, creates ? "create" : "update"],
        settingsOf(writes[0]?.columns),
      );
      return resultsOf(writes, outcome);
    } catch (error) {
      return writes.map(() => unknownOutcome(plan, error));
    }
  };

  const work = {
    one: ({ write, join }: Single<DB>) => one(write, join),
    several,
    choose: chosenOf<DB>,
  };
  const lanes = new Lanes<Single<DB>, WriteResult>(work, count);

  return async (write, join) => {
    if (!isWatched || !isPlain(write, join, database)) return one(write, join);
    const operation = [plan.name, write.expectedVersion === 0 ? "create" : "update"] as const;
    // Here, where it is known who calls.
    if (join === undefined) database.checkNotForgotten(operation);
    const result = await lanes.run(new Single(plan, write, join));
    // The instance holds one connection, in which somebody began a transaction by hand.
    if (result.kind === "written" && result.durability.kind === "open") isWatched = false;
    return result;
  };
};

const isPlain = <DB>(
  { idempotency, mayExist, deletion, revision, events }: EntityWrite,
  join: Join<Transaction<DB>>,
  { db }: Database<DB>,
): boolean =>
  !isJoined(join) &&
  !db.isTransaction &&
  idempotency === undefined &&
  mayExist !== true &&
  deletion === undefined &&
  revision === undefined &&
  events.length > 0;

/** What one statement, or the settings before it, says once for all of its members. */
const likenessOf = (
  { rowLevelSecurity, scope }: EntityPlan,
  { expectedVersion, recordedAt, context, columns }: EntityWrite,
): string => {
  const own = `${expectedVersion === 0} ${recordedAt?.getTime()} ${context && JSON.stringify(context)}`;
  return rowLevelSecurity ? `${own} ${JSON.stringify(columns.slice(0, scope.length))}` : own;
};

/** The oldest, and those like it; of each entity one. */
const chosenOf = <DB>(waiting: readonly Single<DB>[]): ReadonlySet<Single<DB>> => {
  const [oldest] = waiting;
  const chosen = new Set<Single<DB>>();
  const ids = new Set<string>();
  for (const single of waiting) {
    if (chosen.size === MEMBERS_MAX) break;
    if (single.likeness !== oldest?.likeness || ids.has(single.write.id)) continue;
    ids.add(single.write.id);
    chosen.add(single);
  }
  return chosen;
};

/** The places of the members that were left out, with commas between them. */
interface EachOutcome {
  readonly refused: string | null;
}

/** An append that was left out is not at its version. Why a create was, it is told when it is made again. */
const resultsOf = (
  writes: readonly EntityWrite[],
  { rows, durability }: Outcome<EachOutcome>,
): readonly (WriteResult | undefined)[] => {
  const refused = new Set(rows[0]?.refused?.split(",").map(Number));
  return writes.map(({ expectedVersion }, at) => {
    if (!refused.has(at)) return { kind: "written", durability };
    return expectedVersion === 0 ? undefined : { kind: "conflict" };
  });
};

/** An error for each member when nobody can tell what became of the statement; else they can be made again. */
const unknownOutcome = (plan: EntityPlan, error: unknown): Promise<never> | undefined => {
  const failure = error instanceof AnnalsError ? error : writeFailure(plan, error);
  return failure instanceof OutcomeUnknownError ? Promise.reject(failure) : undefined;
};
