import { InvalidArgumentError, type KeyProvider } from "@annals/core";
import {
  type AnyTopic,
  DataKeys,
  hiddenKeys,
  instrumented,
  model,
  readingProblem,
  type StoredVersion,
  storedVersionOf,
  Vault,
} from "@annals/core/adapter";
import type { Kysely } from "kysely";
import { Database } from "../connection/database.ts";
import { databaseError } from "../connection/database-error.ts";
import type { Statement } from "../connection/statement.ts";
import {
  type EventBatchEndRow,
  type EventRangeRow,
  type EventsExtentRow,
  eventBatchEnd,
  eventRange,
  eventsExtent,
} from "../statements/scan-events.ts";
import { subjectStore } from "../store/subject-store.ts";
import { BATCH_SIZE, type WalkOptions, walkBatches } from "./walk-batches.ts";

export interface CheckEventsOptions extends WalkOptions {
  /** The part of the batches to look at, drawn at random: above 0, at most 1. Default is 1, all. */
  readonly sample?: number;
  /** How many events that cannot be read are listed; more are counted only. Default is 100. */
  readonly listed?: number;
}

/** How many events of one type and version were looked at. */
export interface VersionCount extends StoredVersion {
  readonly checked: number;
  readonly unreadable: number;
}

/** A stored event that the definition cannot read. */
export interface UnreadableEvent extends StoredVersion {
  /** The entity's id, or the key that it was published by. */
  readonly id: string;
  /** Its number within its entity; 0 in a topic of its own. */
  readonly sequence: number;
  readonly position: number;
  /** What is wrong, as a sentence without values. */
  readonly problem: string;
}

export interface EventCheck {
  readonly topic: string;
  readonly checked: number;
  readonly unreadable: number;
  /** By type and then version. */
  readonly versions: readonly VersionCount[];
  /** The first of those that cannot be read, by position. */
  readonly events: readonly UnreadableEvent[];
  /** Whether it came to the end; `false` after its signal was aborted. */
  readonly finished: boolean;
}

/**
 * Reads the events that a topic has stored, an entity's or one of its own, as repositories and consumers
 * do, upcasters included, and says which of them cannot be read. Looks at what is committed when it
 * begins; memory is bounded by `batchSize` times `concurrency` events.
 *
 * @throws InvalidArgumentError for options out of range.
 */
export const checkEvents = async <DB>(
  db: Kysely<DB>,
  definition: AnyTopic,
  options: CheckEventsOptions = {},
): Promise<EventCheck> => {
  const of = { entity: definition.name, table: definition.plan.eventsTable };
  const work = { checkEvents: () => checkAll(db, definition, options) };
  return instrumented(of, options.instrument, work).checkEvents();
};

const checkAll = async <DB>(
  db: Kysely<DB>,
  definition: AnyTopic,
  options: CheckEventsOptions,
): Promise<EventCheck> => {
  const { name: topic, plan, [model]: engine } = definition;
  const { sample = 1, listed = 100, batchSize = BATCH_SIZE, signal } = options;
  if (!(sample > 0 && sample <= 1)) {
    const problem = "sample is not above 0 and at most 1";
    throw new InvalidArgumentError(topic, problem, "Pass 0.01 for one percent.");
  }
  const database = new Database(db);
  const run = async <Row>(statement: Statement, parameters: readonly unknown[]) => {
    try {
      return (await database.run<Row>(statement, parameters, "none", [topic, "check"])).rows;
    } catch (error) {
      throw databaseError(`reading the events of ${topic}`, error);
    }
  };
  const end = eventBatchEnd(database.schema, plan);
  const range = eventRange(database.schema, plan);
  const extent = eventsExtent(database.schema, plan);

  const opened = eventsOpener(db, definition, options.keys);
  const [whole] = await run<EventsExtentRow>(extent, []);
  const tally = new VersionTally();
  const events: UnreadableEvent[] = [];
  let after = 0;
  await walkBatches(
    {
      estimate: whole?.count ?? 0,
      next: async () => {
        const bounds = [after, batchSize, whole?.last ?? 0];
        const [batch] = await run<EventBatchEndRow>(end, bounds);
        if (batch === undefined) return undefined;
        const before = after;
        after = Number(batch.position);
        return { after: before, last: after, rows: batch.rows };
      },
      work: async ({ after: from, last }): Promise<readonly UnreadableEvent[]> => {
        if (sample < 1 && Math.random() >= sample) return [];
        const rows = await opened(await run<EventRangeRow>(range, [from, last]));
        return rows.flatMap((row) => {
          const read = readRow(engine, row);
          tally.add(read);
          return read.problem === undefined ? [] : [{ ...read, problem: read.problem }];
        });
      },
      onDone: (_, unreadable) => {
        events.push(...unreadable.slice(0, listed - events.length));
      },
    },
    options,
  );
  return { topic, ...tally.result(), events, finished: signal?.aborted !== true };
};

/** Without keys, everything is checked but what is personal. */
const eventsOpener = <DB>(
  db: Kysely<DB>,
  { name: topic, [model]: { erasure } }: AnyTopic,
  keys: KeyProvider = hiddenKeys,
): ((rows: readonly EventRangeRow[]) => Promise<readonly EventRangeRow[]>) => {
  if (erasure === undefined) return async (rows) => rows;
  const vault = new Vault(new DataKeys(topic, subjectStore(new Database(db)), keys));
  return async (rows) => {
    const sealed = rows.map(({ id, sequence, event: json }) => ({
      place: { topic, id, sequence, type: String(json.type) },
      json,
    }));
    const bodies = await vault.open(sealed, "none");
    return rows.map((row, at) => ({
      ...row,
      event: (bodies[at] ?? row.event) as typeof row.event,
    }));
  };
};

type ReadEvent = Omit<UnreadableEvent, "problem"> & { readonly problem: string | undefined };

const NO_BYTES = new Uint8Array();

const readRow = (
  engine: AnyTopic[typeof model],
  { id, sequence, position, event: body, hasBytes }: EventRangeRow,
): ReadEvent => {
  const place = { id, sequence, position: Number(position) };
  const problem = readingProblem(engine, { ...place, body, bytes: hasBytes ? NO_BYTES : null });
  return { ...place, ...storedVersionOf(body), problem };
};

/** Counts by type and version. */
class VersionTally {
  readonly #counts = new Map<string, { checked: number; unreadable: number } & StoredVersion>();

  add({ type, version, problem }: ReadEvent): void {
    const key = `${version} ${type}`;
    const count = this.#counts.get(key) ?? { type, version, checked: 0, unreadable: 0 };
    this.#counts.set(key, count);
    count.checked += 1;
    if (problem !== undefined) count.unreadable += 1;
  }

  result(): Pick<EventCheck, "checked" | "unreadable" | "versions"> {
    const versions = [...this.#counts.values()].sort((one, other) =>
      one.type === other.type ? one.version - other.version : one.type < other.type ? -1 : 1,
    );
    return {
      checked: versions.reduce((sum, { checked }) => sum + checked, 0),
      unreadable: versions.reduce((sum, { unreadable }) => sum + unreadable, 0),
      versions,
    };
  }
}
