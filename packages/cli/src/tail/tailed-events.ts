import { setTimeout as pause } from "node:timers/promises";
import type { KeyProvider } from "@annals/core";
import { consumerOpener, type TopicEvent, type TopicModel } from "@annals/core/adapter";
import { kyselyStore } from "@annals/kysely-adapter";
import { anyContext } from "../config/keys.ts";
import type { AnyDatabase } from "../config/open-database.ts";
import type { Selection } from "./first-position.ts";

const BATCH = 500;
const POLL_MS = 200;
const RETRY_MS = 1_000;

export interface TailOptions {
  readonly signal: AbortSignal;
  /** Where to begin, told how far the topics are settled. */
  readonly start: (settled: number) => Promise<number>;
  /** Whether to wait for more at the end. */
  readonly follow: boolean;
  /** Who holds the keys of personal values. */
  readonly keys: KeyProvider;
  /** Told of trouble that passes. */
  readonly onTrouble: (error: unknown) => void;
}

/**
 * The events of topics in the order of their positions, through the reading that consumers use: never
 * beyond what is settled, so that nothing which commits late is lost. No consumer is registered.
 */
export async function* tailedEvents(
  db: AnyDatabase,
  { topics, ids, models }: Selection & { readonly models: readonly TopicModel[] },
  { signal, start, follow, onTrouble, keys }: TailOptions,
): AsyncGenerator<readonly TopicEvent[]> {
  const reads = { topics, keys: ids, handles: [], knows: [], changesTopics: false };
  const plan = { ...reads, name: "annals tail", slots: 1, start: "beginning" } as const;
  const store = kyselyStore(db);
  const reader = consumerOpener(models, store, { keys, context: anyContext })(store.consumer(plan));
  const end = await reader.settled();
  // Positions that no event has may be given out a second time after a crash; those of events are not.
  let seen = await start(end);
  let after = seen;
  while (!signal.aborted && (follow || after < end)) {
    try {
      const upTo = follow ? undefined : end;
      const request = { after, upTo, limit: BATCH, for: { slots: [0], of: 1 } };
      const { events, upTo: reached, more } = await reader.read(request);
      if (events.length > 0) yield events;
      seen = events.at(-1)?.position ?? seen;
      after = reached;
      if (follow && !more) await pauseUnless(signal, POLL_MS);
    } catch (error) {
      if (!follow || !reader.isTransient(error)) throw error;
      onTrouble(error);
      after = seen;
      await pauseUnless(signal, RETRY_MS);
    }
  }
  // Fails when the server began a new life meanwhile, in which the end that was looked for means nothing.
  if (!follow) await reader.settled();
}

const pauseUnless = (signal: AbortSignal, ms: number): Promise<void> =>
  pause(ms, undefined, { signal }).catch(() => {});
