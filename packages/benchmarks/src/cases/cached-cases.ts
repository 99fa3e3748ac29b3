import { createRepository } from "@annals/kysely-adapter";
import type { BenchmarkDatabase, UserRepository } from "../database.ts";
import { User } from "../entity.ts";
import { seedUsers } from "../tables.ts";
import type { CaseSource } from "./benchmark-case.ts";
import { byStatement, byRepository as handling, inTurn } from "./command-case.ts";
import { byAggregate, byRepository, byRows, readSetting } from "./read-cases.ts";

/** More events than the case has. */
const ALL = 1_200_000;
/** So few that nobody is still there when his turn comes again. */
const FEW = 2_000;

const cachedUsers = ({ db }: BenchmarkDatabase, events: number): UserRepository =>
  createRepository(User, { db: db.withSchema("guarded"), cache: { events } });

/** Brings users back from a cache that has them, and through one that never has them yet. */
const cachedRead = (events: number, users: number): CaseSource => ({
  name: `load-${events}-cached`,
  unit: "entities",
  prepare: async (database, { readers }) => {
    const volume = { users: Math.min(users, readers), events };
    const seeded = await seedUsers(database.pool, "guarded", `cached-${events}-`, volume);
    const setting = readSetting(database, "id", events, seeded);
    const floor = byAggregate("by hand, one row", setting);
    const variants = [
      byRepository("annals, cached", cachedUsers(database, ALL), setting),
      byRepository("annals, not in its cache", cachedUsers(database, FEW), setting),
      byRepository("annals", database.users, setting),
      floor,
      byRows("by hand, a row per event", setting),
    ];
    return { floor, variants };
  },
});

const EVENTS = 100;
const USERS = 500;

/** Handles commands for users of a hundred events, each of whom takes one turn after the other. */
const cachedCommand: CaseSource = {
  name: "command-100-cached",
  unit: "commands",
  prepare: async (database) => {
    const next = async (label: string) => {
      const volume = { users: USERS, events: EVENTS };
      const seeded = await seedUsers(database.pool, "guarded", `cached-command-${label}-`, volume);
      return inTurn(seeded.map(({ id }) => id));
    };
    const floor = byStatement("by hand, 2 statements", database, await next("by-hand"));
    const cached = cachedUsers(database, ALL);
    const variants = [
      handling("annals, cached", cached, await next("cached")),
      handling("annals", database.users, await next("annals")),
      floor,
    ];
    return { floor, variants };
  },
};

export const cachedCases: readonly CaseSource[] = [
  cachedRead(100, 1_000),
  cachedRead(1_000, 200),
  cachedCommand,
];
