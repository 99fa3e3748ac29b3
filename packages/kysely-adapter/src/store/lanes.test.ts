import { AsyncLocalStorage } from "node:async_hooks";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Lanes, type LaneWork } from "./lanes.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Work that ends when it is told to, and is remembered as it began. */
class Work implements LaneWork<string, string> {
  readonly begun: (string | readonly string[])[] = [];
  readonly #ends = new Map<string, () => void>();

  readonly one = async (item: string): Promise<string> => {
    this.begun.push(item);
    await this.#until(item);
    return `${item} alone`;
  };

  readonly several = async (items: readonly string[]) => {
    this.begun.push(items);
    await this.#until(items.join("+"));
    return items.map((item) => {
      if (item.startsWith("odd")) return undefined;
      return item.startsWith("bad") ? Promise.reject(new Error(item)) : `${item} together`;
    });
  };

  /** What begins alike is done together. */
  readonly choose = (waiting: readonly string[]) =>
    new Set(waiting.filter((item) => item[0] === waiting[0]?.[0]));

  async end(name: string): Promise<void> {
    await vi.advanceTimersByTimeAsync(0);
    const end = this.#ends.get(name);
    if (end === undefined) throw new Error(`${name} has not begun: ${JSON.stringify(this.begun)}`);
    end();
    await vi.advanceTimersByTimeAsync(0);
  }

  #until(name: string): Promise<void> {
    return new Promise((resolve) => this.#ends.set(name, resolve));
  }
}

const opened = () => {
  const work = new Work();
  return { work, lanes: new Lanes(work, 2) };
};

it("does what comes while there is room at once, each alone", async () => {
  const { work, lanes } = opened();
  const results = [lanes.run("a1"), lanes.run("a2")];
  expect(work.begun).toEqual(["a1", "a2"]);
  await work.end("a1");
  await work.end("a2");
  expect(await Promise.all(results)).toEqual(["a1 alone", "a2 alone"]);
});

it("gathers what comes while there is none, without waiting for more", async () => {
  const { work, lanes } = opened();
  const results = ["a1", "a2", "a3", "b1", "a4"].map((item) => lanes.run(item));
  await work.end("a2");
  expect(work.begun).toEqual(["a1", "a2", ["a3", "a4"]]);
  await work.end("a1");
  expect(work.begun.at(-1)).toBe("b1");
  await work.end("b1");
  await work.end("a3+a4");
  expect(await Promise.all(results)).toEqual([
    "a1 alone",
    "a2 alone",
    "a3 together",
    "b1 alone",
    "a4 together",
  ]);
  // Nothing is left over: there is room again.
  void lanes.run("c1");
  expect(work.begun.at(-1)).toBe("c1");
});

it("does on its own what several could not do, and gives each its own error", async () => {
  const { work, lanes } = opened();
  void lanes.run("a1");
  void lanes.run("a2");
  const settled = Promise.allSettled(["odd", "ok", "okay"].map((item) => lanes.run(item)));
  const failing = lanes.run("bad").catch((error: Error) => error.message);
  void lanes.run("bench");
  await work.end("a1");
  await work.end("odd+ok+okay");
  await work.end("odd");
  expect(await settled).toEqual(
    ["odd alone", "ok together", "okay together"].map((value) => ({ status: "fulfilled", value })),
  );
  await work.end("bad+bench");
  expect(await failing).toBe("bad");
});

it("waits no longer for lanes that are stuck", async () => {
  const { work, lanes } = opened();
  for (const item of ["a1", "a2", "a3", "b1"]) void lanes.run(item);
  await vi.advanceTimersByTimeAsync(19);
  expect(work.begun).toEqual(["a1", "a2"]);
  await vi.advanceTimersByTimeAsync(1);
  expect(work.begun).toEqual(["a1", "a2", "a3"]);
  await vi.advanceTimersByTimeAsync(20);
  expect(work.begun).toEqual(["a1", "a2", "a3", "b1"]);
  await vi.advanceTimersByTimeAsync(100);
  expect(vi.getTimerCount()).toBe(0);
});

it("keeps what is done together out of everybody's context, and what is done alone in its own", async () => {
  const caller = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  const lanes = new Lanes<string, string>(
    {
      one: async (item) => {
        seen.push(caller.getStore());
        await vi.advanceTimersByTimeAsync(1);
        return item;
      },
      several: async (items) => {
        seen.push(caller.getStore());
        return items;
      },
      choose: (waiting) => new Set(waiting),
    },
    2,
  );
  const calls = ["a", "b", "c", "d"].map((name) => caller.run(name, () => lanes.run(name)));
  await Promise.all(calls);
  expect(seen).toEqual(["a", "b", undefined]);
});
