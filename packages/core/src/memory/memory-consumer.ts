import type {
  ConsumerPlan,
  ConsumerStore,
  OwnedSlot,
  SlottedEvent,
} from "../port/consumer-store.ts";
import type { TopicEvent } from "../port/rows.ts";
import type { MemoryConsumers } from "./memory-consumers.ts";
import type { MemoryLetters } from "./memory-letters.ts";
import type { MemoryLog } from "./memory-log.ts";
import { memoryPlace } from "./memory-place.ts";
import { changeTopics, newConsumer, newSlots } from "./memory-registration.ts";
import type { MemoryTransaction } from "./memory-transaction.ts";

export interface MemorySlot {
  owner: string | undefined;
  leasedUntil: number;
  epoch: number;
  position: number;
  moves: number;
  pausedBecause: string | undefined;
}

/** One consumer as the in-memory store keeps it. */
export interface MemoryConsumer {
  topics: string;
  slots: MemorySlot[];
  /** The processes that share the slots, the oldest first, and until when they are alive. */
  readonly processes: Map<string, MemoryProcess>;
  readonly letters: MemoryLetters;
  wanted: number;
  pausedBecause: string | undefined;
  /** Which events it handles, as the process that opened it last says. */
  reads: (event: TopicEvent) => boolean;
  readonly watches: Set<() => void>;
}

interface MemoryProcess {
  aliveUntil: number;
  readonly handles: readonly string[];
  waitsBecause?: string | undefined;
}

/** What a consumer needs of its store. */
interface Follows {
  readonly log: MemoryLog;
  readonly consumers: MemoryConsumers;
  transaction(work: (tx: MemoryTransaction) => Promise<void>): Promise<void>;
}

export const memoryConsumer = (
  plan: ConsumerPlan,
  { log: watched, consumers, transaction }: Follows,
): ConsumerStore<MemoryTransaction> => {
  const log = watched.events;
  const { name, topics, slots: wanted, keys, handles, knows, scope: only } = plan;
  const declared = topics.map((topic) => topic.plan.name);
  const passedOver = new Set(
    topics.flatMap((topic) => topic.passedOver.map((type) => `${topic.plan.name}:${type}`)),
  );
  const registered = (): MemoryConsumer => {
    const known = consumers.get(name);
    if (known === undefined) throw consumers.gone(name);
    return known;
  };
  const isRead = ({ topic, id, body, scope }: TopicEvent): boolean =>
    declared.includes(topic) &&
    !passedOver.has(`${topic}:${String(body.type)}`) &&
    (keys === undefined || keys.includes(id)) &&
    (only === undefined || only.every((value, at) => scope?.[at] === value));

  return {
    open: async () => {
      const known = consumers.get(name) ?? newConsumer(plan, { log, consumers }, isRead);
      if (known.topics !== declared.join(", ")) changeTopics(known, plan);
      known.reads = isRead;
      known.wanted = Math.max(known.wanted, wanted);
      consumers.set(name, known);
    },

    place: async (place) => ({
      position: memoryPlace({ name, topics: declared }, place, { log, consumers }),
      life: "",
    }),

    lives: async () => true,

    attend: async ({ process, leaseMs, wants }) => {
      const consumer = registered();
      const now = performance.now();
      const drainTo = spread(consumer);
      for (const slot of consumer.slots) {
        if (slot.owner === process) slot.leasedUntil = now + leaseMs;
      }
      forgetDead(consumer, now);
      if (wants === "shared")
        consumer.processes.set(process, { aliveUntil: now + leaseMs, handles });
      const waitsBecause =
        consumer.topics === declared.join(", ")
          ? behindOthers(consumer, process, knows)
          : "the consumer follows other topics now";
      const member = consumer.processes.get(process);
      if (member !== undefined) member.waitsBecause = waitsBecause;
      const share = wants === "all" ? consumer.slots.length : quotaOf(consumer, process);
      const quota = waitsBecause === undefined ? share : 0;
      const undrained =
        consumer.pausedBecause === undefined
          ? consumer.slots.filter(({ position }) => position !== drainTo)
          : [];
      take(undrained, process, quota, now, leaseMs);
      const owned = consumer.slots.flatMap(
        ({ owner, epoch, position, moves, pausedBecause }, slot): OwnedSlot[] =>
          owner === process && pausedBecause === undefined && consumer.pausedBecause === undefined
            ? [{ slot, epoch, position, moves, losses: 0, suspect: undefined }]
            : [],
      );
      const paused =
        consumer.pausedBecause ??
        consumer.slots.find(({ pausedBecause }) => pausedBecause)?.pausedBecause;
      return { slots: consumer.slots.length, owned, quota, drainTo, paused, waitsBecause };
    },

    release: async (process, slots) => {
      const consumer = consumers.get(name);
      if (consumer === undefined) return;
      for (const [at, slot] of consumer.slots.entries()) {
        if (slot.owner === process && (slots?.includes(at) ?? true)) slot.owner = undefined;
      }
      if (slots === undefined) consumer.processes.delete(process);
    },

    read: async ({ after, upTo = log.length, limit, for: { slots, of } }) => {
      const { version } = consumers.get(name)?.letters ?? { version: 0 };
      const bound = Math.min(upTo, log.length);
      const events: SlottedEvent[] = [];
      // Positions are places in the log.
      for (let at = after; at < bound; at += 1) {
        const event = log[at];
        if (event === undefined) continue;
        const slot = slotOf(event.id, of);
        if (!isRead(event) || !slots.includes(slot)) continue;
        events.push({ ...event, slot });
        if (events.length === limit) {
          return {
            events,
            upTo: event.position,
            more: event.position < log.length,
            life: "",
            version,
          };
        }
      }
      const reached = Math.max(after, bound);
      return { events, upTo: reached, more: reached < log.length, life: "", version };
    },

    watch: (wake) => watched.watch((topic) => declared.includes(topic) && wake()),

    settled: async () => log.length,

    progress: async (except) => {
      const others = registered().slots.filter((_, at) => !except.includes(at));
      return Math.min(...others.map(({ position }) => position));
    },

    advance: async ({ slot: at, epoch, from, to, moves }, { effects, changes } = {}) => {
      const isOurs = (): boolean => {
        const slot = consumers.get(name)?.slots[at];
        return slot?.epoch === epoch && slot.position === from && slot.moves === moves;
      };
      try {
        if (effects !== undefined) {
          await transaction(async (tx) => {
            await effects(tx);
            if (!isOurs()) throw new LostLease();
          });
        }
      } catch (error) {
        if (error instanceof LostLease) return false;
        throw error;
      }
      if (!isOurs()) return false;
      const { slots, letters, watches } = registered();
      Object.assign(slots[at] as MemorySlot, { position: to, moves: moves + 1 });
      for (const change of changes?.() ?? []) letters.apply(change);
      for (const moved of watches) moved();
      return true;
    },

    trouble: async ({ slots, of }) =>
      registered().letters.trouble((key) => slots.includes(slotOf(key, of))),

    readKey: async ({ after: { topic, key, position }, upTo, limit }) =>
      log
        .slice(position, upTo)
        .filter((event) => event !== undefined)
        .filter((event) => event.topic === topic && event.id === key && isRead(event))
        .slice(0, limit),

    // One process does not outlive itself.
    suspect: async () => {},

    pauseSlot: async (at, because) => {
      const { slots, letters } = registered();
      (slots[at] as MemorySlot).pausedBecause = because;
      letters.version += 1;
    },

    // Nothing in memory comes and goes.
    isTransient: () => false,
  };
};

class LostLease extends Error {}

const BUCKETS = 1_024;

/** Any hash will do that spreads ids and stays the same. */
const bucketOf = (key: string): number => {
  let hash = 0;
  for (let at = 0; at < key.length; at += 1) hash = (Math.imul(hash, 31) + key.charCodeAt(at)) | 0;
  return (hash ^ (hash >>> 15)) & (BUCKETS - 1);
};

export const slotOf = (key: string, of: number): number =>
  Math.floor((bucketOf(key) * of) / BUCKETS);

/** Gives the consumer more slots once the present ones stand at one position; until then, says at which. */
const spread = (consumer: MemoryConsumer): number | undefined => {
  if (consumer.wanted === consumer.slots.length) return undefined;
  const positions = consumer.slots.map(({ position }) => position);
  const drainTo = Math.max(...positions);
  const isInHand = consumer.slots.some(
    ({ owner, leasedUntil }) => owner !== undefined && leasedUntil >= performance.now(),
  );
  if (isInHand || positions.some((position) => position < drainTo)) return drainTo;
  const epoch = Math.max(...consumer.slots.map((slot) => slot.epoch)) + 1;
  consumer.slots = newSlots(consumer.wanted, drainTo, epoch);
  return undefined;
};

const forgetDead = ({ processes }: MemoryConsumer, now: number): void => {
  for (const [one, { aliveUntil }] of processes) if (aliveUntil < now) processes.delete(one);
};

/** Another process handles an event type, or a version, that this one does not even know. */
const behindOthers = (
  { processes }: MemoryConsumer,
  process: string,
  knows: readonly string[],
): string | undefined => {
  const newer = [...processes]
    .filter(([one]) => one !== process)
    .flatMap(([, { handles }]) => handles.filter((type) => !knows.includes(type)));
  return newer.length === 0 ? undefined : `another process handles ${newer.join(", ")}`;
};

/** An even share; what is left over goes to the oldest. */
const quotaOf = ({ processes, slots }: MemoryConsumer, process: string): number => {
  const working = [...processes].filter(([, { waitsBecause }]) => waitsBecause === undefined);
  const rank = working.findIndex(([one]) => one === process);
  const share = Math.floor(slots.length / working.length);
  return share + (rank < slots.length % working.length ? 1 : 0);
};

const take = (
  slots: readonly MemorySlot[],
  process: string,
  quota: number,
  now: number,
  leaseMs: number,
): void => {
  let owned = slots.filter(({ owner }) => owner === process).length;
  for (const slot of slots) {
    if (owned >= quota) return;
    if (slot.owner !== undefined && slot.leasedUntil >= now) continue;
    if (slot.pausedBecause !== undefined) continue;
    slot.owner = process;
    slot.leasedUntil = now + leaseMs;
    slot.epoch += 1;
    owned += 1;
  }
};
