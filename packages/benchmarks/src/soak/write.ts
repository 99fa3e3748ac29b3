import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { EntityOf } from "@annals/core";
import { createRepository } from "@annals/kysely-adapter";
import type { ConnectedDatabase } from "../connected-database.ts";
import { User } from "../entity.ts";
import type { SoakOptions } from "./soak-options.ts";

/** How many events one statement stores at most, of as many entities. */
const AT_ONCE = 100;

/** After so many events an entity gives way to a new one: it keeps its history as long as it is in hand. */
const EVENTS_PER_ENTITY = 50;

/** How far the writers are. */
export interface Progress {
  written: number;
}

/**
 * Writes events that each carry a number of their own, from 1, at a steady rate: a statement that is late is
 * written at once, and the next ones are due when they would have been.
 */
export const write = async (
  { db }: ConnectedDatabase,
  { events, offeredPerSecond, writers, entities }: SoakOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> => {
  const users = createRepository(User, { db: db.withSchema("guarded") });
  const beganAt = performance.now();
  let taken = 0;
  const untilDue = async (number: number): Promise<void> => {
    if (offeredPerSecond === 0) return;
    const early = beganAt + (number * 1_000) / offeredPerSecond - performance.now();
    if (early > 0) await sleep(early);
  };
  const create = (first: number, size: number): Promise<readonly SoakUser[]> =>
    users.createAll(
      Array.from({ length: size }, (_, n) => ({
        email: `${randomUUID()}@soak.example.com`,
        name: String(first + n),
      })),
    );
  const rename = async (group: readonly SoakUser[], first: number): Promise<void> => {
    for (const [n, user] of group.entries()) user.rename(String(first + n));
    await users.updateAll(group);
  };
  const writeSome = async (own: number): Promise<void> => {
    const groups: Group[] = groupsOf(own);
    for (let turn = 0; taken < events && !signal.aborted; turn = (turn + 1) % groups.length) {
      const group = groups[turn] as Group;
      const size = Math.min(group.size, events - taken);
      const first = taken + 1;
      taken += size;
      await untilDue(first);
      if (group.left === 0) {
        group.users = await create(first, size);
        group.left = EVENTS_PER_ENTITY - 1;
      } else {
        await rename(group.users.slice(0, size), first);
        group.left -= 1;
      }
      progress.written += size;
    }
  };
  const own = Math.max(1, Math.floor(entities / writers));
  await Promise.all(Array.from({ length: writers }, () => writeSome(own)));
};

type SoakUser = EntityOf<typeof User>;

/** Entities that are written together. */
interface Group {
  readonly size: number;
  users: readonly SoakUser[];
  /** How many more events each of them gets. */
  left: number;
}

const groupsOf = (entities: number): Group[] => {
  const count = Math.ceil(entities / AT_ONCE);
  return Array.from({ length: count }, () => {
    return { size: Math.ceil(entities / count), users: [], left: 0 };
  });
};
