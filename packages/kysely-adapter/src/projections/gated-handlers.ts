import type { Transaction } from "kysely";
import { statement } from "../connection/statement.ts";
import { type PlaceRow, readPlaces } from "../statements/projection-checkpoint.ts";
import { type ProjectionParts, quotedTables, runOn } from "./projection-parts.ts";

interface Delivered {
  readonly position: number;
  readonly tx: object;
}

type Handler = (event: object, meta: Delivered) => unknown;
type BatchHandler = (events: readonly { readonly meta: Delivered }[], meta: object) => unknown;

interface HandlerOptions {
  readonly on?: object;
  readonly onEvent?: Handler;
  readonly batch?: { readonly handle: BatchHandler };
}

/**
 * The handlers of a projection that follows, so that none of them sees tables that are ahead of it. Every
 * transaction begins by locking the tables, as their first writes would; if a rebuild has put others there
 * while it waited, which have its events already, it calls no handler. Its checkpoint is refused then, and
 * nothing of it is kept.
 */
export const gatedHandlers = <DB>(
  parts: ProjectionParts<DB>,
  { on, onEvent, batch }: HandlerOptions,
): HandlerOptions => {
  const lock = statement(
    `lock_${parts.name}`,
    `lock table ${quotedTables(parts).live.join(", ")} in row exclusive mode`,
  );
  const gates = new WeakMap<object, Promise<boolean>>();

  const isAhead = async ({ tx, position }: Delivered): Promise<boolean> => {
    const run = runOn(parts, "run", tx as Transaction<DB>);
    await run(lock);
    // A statement of its own, after the wait: what was committed meanwhile is visible to it.
    const [place] = await run<PlaceRow>(readPlaces, [[parts.name]]);
    return place !== undefined && Number(place.position) >= position;
  };

  const passes = async (first: Delivered): Promise<boolean> => {
    const gate = gates.get(first.tx) ?? isAhead(first);
    gates.set(first.tx, gate);
    return !(await gate);
  };

  const gated =
    (handler: Handler): Handler =>
    async (event, meta) =>
      (await passes(meta)) ? handler(event, meta) : undefined;

  const gatedBatch: BatchHandler = async (events, meta) => {
    const [first] = events;
    if (first !== undefined && (await passes(first.meta))) return batch?.handle(events, meta);
    return undefined;
  };

  return {
    ...(on && { on: eachHandler(on, gated) }),
    ...(onEvent && { onEvent: gated(onEvent) }),
    ...(batch && { batch: { ...batch, handle: gatedBatch } }),
  };
};

/** Handlers by type, or by topic and type. */
const eachHandler = (on: object, gated: (handler: Handler) => Handler): object =>
  Object.fromEntries(
    Object.entries(on).map(([name, one]) => [
      name,
      typeof one === "function" ? gated(one) : eachHandler(one, gated),
    ]),
  );
