import {
  ConcurrentModificationError,
  DuplicateValueError,
  EntityNotFoundError,
  type EntityOf,
  LockTimeoutError,
} from "@annals/core";
import type { Random } from "@annals/faults";
import type { KyselyRepository } from "../../src/index.ts";
import type { Resident } from "../database/resident.ts";

export type Residents = KyselyRepository<typeof Resident, unknown>;
type ResidentEntity = EntityOf<typeof Resident>;

export const DEEDS = [
  ...(["create", "score", "transact", "rename", "swap"] as const),
  ...(["delete", "restore", "look"] as const),
];
export type Deed = (typeof DEEDS)[number];

/** What one call says that it wrote of one entity. */
export interface Written {
  readonly id: string;
  readonly events: number;
  /** How much of it was added to the score. */
  readonly scored: number;
}

/** How one deed of one client ended: with what it wrote, or told why it wrote nothing. */
export type Outcome =
  | { readonly deed: Deed; readonly written: readonly Written[] }
  | { readonly deed: Deed; readonly refused: string };

/** What a client shares with the others. */
export interface Crowd {
  readonly residents: Residents;
  /** Everybody who was ever created, deleted or not. */
  readonly ids: string[];
  /** So few addresses and rooms that the clients get in each other's way. */
  readonly emails: number;
  readonly rooms: number;
}

/** The only ways in which a loser may be told. */
const TOLD = [
  ...[ConcurrentModificationError, DuplicateValueError],
  ...[EntityNotFoundError, LockTimeoutError],
];

const WEIGHTS: readonly (readonly [number, Deed])[] = [
  [6, "create"],
  [26, "score"],
  [10, "transact"],
  [12, "rename"],
  [18, "swap"],
  [10, "delete"],
  [12, "restore"],
  [6, "look"],
];

/** One client: does one thing after the other until the time is over, and keeps how each ended. */
export const client = async (
  crowd: Crowd,
  random: Random,
  isOver: () => boolean,
): Promise<readonly Outcome[]> => {
  const outcomes: Outcome[] = [];
  while (!isOver()) {
    const deed = random.weighted(WEIGHTS);
    try {
      outcomes.push({ deed, written: await deeds[deed](crowd, random) });
    } catch (error) {
      outcomes.push({ deed, refused: toldBy(error) });
    }
  }
  return outcomes;
};

/** How a loser was told. Anything else is a bug. */
const toldBy = (error: unknown): string => {
  const told = TOLD.find((one) => error instanceof one);
  if (told === undefined) throw error;
  return told.name;
};

type Perform = (crowd: Crowd, random: Random) => Promise<readonly Written[]>;

const emailFor = ({ emails }: Crowd, random: Random): string =>
  `${random.between(1, emails)}@example.com`;

const all = { includeDeleted: true } as const;

/** What `update` and its like say, as a list of one. */
const one = ({ id }: ResidentEntity, events: number, scored = 0): readonly Written[] => [
  { id, events, scored: events === 0 ? 0 : scored },
];

const deeds: Readonly<Record<Deed, Perform>> = {
  create: async (crowd, random) => {
    const made = await crowd.residents.create({
      email: emailFor(crowd, random),
      house: random.pick(["north", "south"]),
      room: random.between(1, crowd.rooms),
    });
    crowd.ids.push(made.id);
    return one(made, 1);
  },

  score: async ({ residents, ids }, random) => {
    const resident = await residents.findById(random.pick(ids));
    const by = random.between(1, 9);
    resident.score(by);
    return one(resident, await residents.update(resident), by);
  },

  transact: async ({ residents, ids }, random) => {
    const by = random.between(1, 9);
    const { entity } = await residents.transact(random.pick(ids), (resident) => resident.score(by));
    return one(entity, 1, by);
  },

  rename: async (crowd, random) => {
    const resident = await crowd.residents.findById(random.pick(crowd.ids));
    resident.rename(emailFor(crowd, random));
    return one(resident, await crowd.residents.update(resident));
  },

  swap: async ({ residents, ids }, random) => {
    const [first, second] = [random.pick(ids), random.pick(ids)];
    const pair = await residents.findAll([first, second]);
    const [a, b] = [pair.get(first), pair.get(second)];
    if (a === undefined || b === undefined || a === b) return [];
    const [emailOfA, emailOfB] = [a.state.email, b.state.email];
    a.rename(emailOfB);
    b.rename(emailOfA);
    await residents.updateAll([a, b]);
    return [...one(a, 1), ...one(b, 1)];
  },

  delete: async ({ residents, ids }, random) => {
    const resident = await residents.findById(random.pick(ids), all);
    return one(resident, await residents.delete(resident));
  },

  restore: async ({ residents, ids }, random) => {
    const resident = await residents.findById(random.pick(ids), all);
    return one(resident, await residents.restore(resident));
  },

  look: async (crowd, random) => {
    const email = emailFor(crowd, random);
    const found = await crowd.residents.findByEmail(email);
    if (found.state.email !== email || found.isDeleted) {
      throw new Error(`Who was found by ${email} is another or deleted`);
    }
    return one(found, 0);
  },
};
