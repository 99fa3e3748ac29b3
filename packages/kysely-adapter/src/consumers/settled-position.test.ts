import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ServerRestartedError } from "./server-restarted-error.ts";
import { type Settled, type SettledLooks, SettledPosition } from "./settled-position.ts";

// The proof in miniature: a model of what the database promises, in which any interleaving of writers,
// crashes and a reader's atomic steps can happen, and in which nothing may ever be lost.

/** A transaction that writes to the topic. Its lock comes before its positions, and goes after them. */
interface Writer {
  name: string;
  readonly positions: number[];
  isPrepared: boolean;
  isVisible: boolean;
}

class World {
  last = 0;
  life = 1;
  readonly visible = new Set<number>();
  readonly #writers = new Map<number, Writer>();
  #names = 0;

  get used(): number {
    return Math.max(0, ...this.visible);
  }

  /** Who holds the lock; prepared transactions hold it without a process. */
  holders({ prepared = true } = {}): string[] {
    const counted = [...this.#writers.values()].filter((one) => prepared || !one.isPrepared);
    return counted.map(({ name }) => name);
  }

  /** Takes the lock first, and draws a position every time after that. */
  write(key: number): void {
    const writer = this.#writers.get(key);
    if (writer === undefined) {
      this.#names += 1;
      const name = `${this.life}/${this.#names}`;
      this.#writers.set(key, { name, positions: [], isPrepared: false, isVisible: false });
    } else if (!writer.isPrepared && !writer.isVisible) {
      this.last += 1;
      writer.positions.push(this.last);
    }
  }

  /** Becomes visible first, and lets the lock go at the next call. */
  commit(key: number): void {
    const writer = this.#writers.get(key);
    if (writer === undefined) return;
    if (writer.isVisible) this.#writers.delete(key);
    for (const position of writer.positions) this.visible.add(position);
    writer.isVisible = true;
  }

  rollBack(key: number): void {
    if (this.#writers.get(key)?.isVisible === false) this.#writers.delete(key);
  }

  prepare(key: number): void {
    const writer = this.#writers.get(key);
    if (writer?.isVisible === false) writer.isPrepared = true;
  }

  /** Only what is prepared survives, under another name; draws that nobody kept are taken back. */
  crash(): void {
    this.life += 1;
    for (const [key, writer] of this.#writers) {
      if (!writer.isPrepared || writer.isVisible) this.#writers.delete(key);
      else writer.name = `-1/${writer.name}`;
    }
    const kept = [...this.#writers.values()].flatMap(({ positions }) => positions);
    this.last = Math.max(0, ...this.visible, ...kept);
  }
}

/** One way to look and read, each call of `step` in it an atomic step of the database. */
type Reading = (world: World, step: () => Promise<void>) => SettledReader;

interface SettledReader {
  look(): Promise<Settled>;
  /** What the reading sees; by default the newest, if the server still lives that life. */
  visible?(): Iterable<number>;
}

const looksOf = (world: World, step: () => Promise<void>): SettledLooks => ({
  lastPosition: async () => {
    await step();
    return { last: world.last, used: world.used, serverStart: String(world.life) };
  },
  topicWriters: async () => {
    await step();
    const writers = world.holders();
    return { writers, serverStart: writers.length > 0 ? String(world.life) : undefined };
  },
});

const real: Reading = (world, step) => new SettledPosition(looksOf(world, step));

/** Looks once, and takes for settled what it sees. */
const glance =
  (position: (world: World) => number): Reading =>
  (world, step) => ({
    look: async () => {
      await step();
      return { position: position(world), serverStart: String(world.life) };
    },
  });

const mutants: readonly (readonly [string, Reading])[] = [
  ["reads whatever is visible", glance(() => Number.POSITIVE_INFINITY)],
  ["takes the last position for settled", glance(({ last }) => last)],
  [
    "looks at the holders before the last position",
    (world, step) => {
      const looks = looksOf(world, step);
      let seen: Awaited<ReturnType<SettledLooks["topicWriters"]>>;
      return new SettledPosition({
        lastPosition: async () => {
          seen = await looks.topicWriters();
          return await looks.lastPosition();
        },
        topicWriters: async () => seen,
      });
    },
  ],
  [
    "looks and reads in one snapshot",
    (world, step) => {
      const looks = looksOf(world, step);
      let snapshot: readonly number[] = [];
      const settled = new SettledPosition({
        ...looks,
        lastPosition: async () => {
          const answer = await looks.lastPosition();
          snapshot = [...world.visible];
          return answer;
        },
      });
      return { look: () => settled.look(), visible: () => snapshot };
    },
  ],
  [
    "does not count prepared transactions",
    (world, step) =>
      new SettledPosition({
        ...looksOf(world, step),
        topicWriters: async () => {
          await step();
          return { writers: world.holders({ prepared: false }), serverStart: undefined };
        },
      }),
  ],
  [
    "knows one life of the server only",
    (world, step) => {
      const looks = looksOf(world, step);
      const settled = new SettledPosition({
        lastPosition: async () => ({ ...(await looks.lastPosition()), serverStart: "one" }),
        topicWriters: async () => ({ ...(await looks.topicWriters()), serverStart: undefined }),
      });
      return { look: () => settled.look(), visible: () => world.visible };
    },
  ],
];

/** Lets a reader go on by one step at a time, among the steps of the others. */
class Reader {
  readonly delivered = new Set<number>();
  checkpoint = 0;
  readonly #world: World;
  readonly #reader: SettledReader;
  #goOn: (() => void) | undefined;

  constructor(world: World, reading: Reading) {
    this.#world = world;
    this.#reader = reading(world, this.#step);
  }

  readonly #step = (): Promise<void> =>
    new Promise((resolve) => {
      this.#goOn = resolve;
    });

  async step(): Promise<void> {
    if (this.#goOn === undefined) {
      void this.#read();
      await turn();
    }
    const goOn = this.#goOn;
    this.#goOn = undefined;
    goOn?.();
    await turn();
  }

  async #read(): Promise<void> {
    try {
      const settled = await this.#reader.look();
      await this.#step();
      const isAlive = settled.serverStart === String(this.#world.life);
      const visible = this.#reader.visible?.() ?? (isAlive ? this.#world.visible : []);
      const next = [...visible].filter((at) => at > this.checkpoint && at <= settled.position);
      for (const position of next) this.delivered.add(position);
      this.checkpoint = Math.max(this.checkpoint, ...next);
    } catch (error) {
      if (!(error instanceof ServerRestartedError)) throw error;
    }
  }

  lost(): number[] {
    const passed = [...this.#world.visible].filter((at) => at <= this.checkpoint);
    return passed.filter((position) => !this.delivered.has(position));
  }
}

type Happening = readonly ["write" | "commit" | "rollBack" | "prepare" | "crash" | "read", number];

const writerKey = fc.integer({ min: 1, max: 3 });
const happenings: fc.Arbitrary<Happening[]> = fc.array(
  fc.oneof(
    { arbitrary: fc.tuple(fc.constant("read" as const), fc.constant(0)), weight: 10 },
    { arbitrary: fc.tuple(fc.constant("write" as const), writerKey), weight: 8 },
    { arbitrary: fc.tuple(fc.constant("commit" as const), writerKey), weight: 5 },
    { arbitrary: fc.tuple(fc.constant("rollBack" as const), writerKey), weight: 1 },
    { arbitrary: fc.tuple(fc.constant("prepare" as const), writerKey), weight: 2 },
    { arbitrary: fc.tuple(fc.constant("crash" as const), fc.constant(0)), weight: 1 },
  ),
  { minLength: 10, maxLength: 80, size: "max" },
);

const losesNothing = (reading: Reading) =>
  fc.asyncProperty(happenings, async (all) => {
    const world = new World();
    const reader = new Reader(world, reading);
    for (const [what, key] of all) {
      if (what === "read") await reader.step();
      else world[what](key);
    }
    expect(reader.lost()).toEqual([]);
  });

describe("the settled position", () => {
  it("loses nothing in any interleaving of writers, crashes and its own steps", async () => {
    await fc.assert(losesNothing(real), { numRuns: 5_000 });
  });

  it.each(mutants)("would lose something if it were one that %s", async (_, mutant) => {
    const { failed } = await fc.check(losesNothing(mutant), {
      numRuns: 20_000,
      endOnFailure: true,
    });
    expect(failed).toBe(true);
  });

  it("takes turns, so that an answer that comes late ends no writer of a newer mark", async () => {
    const answers: ((writers: readonly string[]) => void)[] = [];
    let last = 1;
    const settled = new SettledPosition({
      lastPosition: async () => ({ last: last++, used: 0, serverStart: "one" }),
      topicWriters: async () => ({
        writers: await new Promise<readonly string[]>((answer) => answers.push(answer)),
        serverStart: "one",
      }),
    });
    const [first, second] = [settled.look(), settled.look()];
    await turn();
    // Were both under way, the first one's answer, empty but old, could come in last.
    expect(answers).toHaveLength(1);
    answers.pop()?.([]);
    await turn();
    answers.pop()?.(["2/1"]);
    expect((await first).position).toBe(1);
    expect((await second).position).toBe(1);
  });

  it("falls back with the sequence, whose positions are drawn a second time", async () => {
    const lasts = [50, 10, 12];
    const writers = [[], [], ["2/1"]];
    const settled = new SettledPosition({
      lastPosition: async () => ({ last: lasts.shift() ?? 0, used: 10, serverStart: "one" }),
      topicWriters: async () => ({ writers: writers.shift() ?? [], serverStart: "one" }),
    });
    expect((await settled.look()).position).toBe(50);
    expect((await settled.look()).position).toBe(10);
    expect((await settled.look()).position).toBe(10);
  });

  it("delivers everything once writers are done", async () => {
    const world = new World();
    const reader = new Reader(world, real);
    for (const what of ["write", "write", "write", "commit", "commit"] as const) world[what](1);
    for (let steps = 0; steps < 6; steps += 1) await reader.step();
    expect([...reader.delivered]).toEqual([1, 2]);
  });
});
