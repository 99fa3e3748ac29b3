import { describe, expect, it } from "vitest";
import * as z from "zod";
import {
  alreadyApplied,
  CommandRejectedError,
  createStoreRepository,
  defineEntity,
  InvalidDecisionError,
  InvalidEventError,
  InvalidStateError,
  jsonDate,
  MemoryStore,
  reject,
  systemClock,
} from "../index.ts";

const Account = defineEntity({
  name: "account",
  schema: z.object({ owner: z.string(), balance: z.number().min(0), tags: z.array(z.string()) }),
  events: {
    Opened: z.object({ owner: z.string() }),
    Deposited: z.object({ amount: z.number().positive() }),
    Withdrawn: z.object({ amount: z.number().positive() }),
    Tagged: z.object({ tags: z.array(z.string()), at: z.iso.datetime(), by: z.uuid() }),
  },
  create: (input: { owner: string }) =>
    input.owner === "" ? reject("nobody") : { type: "Opened", ...input },
  evolve: {
    Opened: (_, { owner }) => ({ owner, balance: 0, tags: [] }),
    Deposited: (state, { amount }) => ({ ...state, balance: state.balance + amount }),
    Withdrawn: (state, { amount }) => ({ ...state, balance: state.balance - amount }),
    Tagged: (state, { tags }) => ({ ...state, tags: [...state.tags, ...tags] }),
  },
  commands: {
    deposit: (_view, amount: number) => ({ type: "Deposited", amount }),
    depositTwice: (_view, amount: number) => [
      { type: "Deposited", amount },
      { type: "Deposited", amount },
    ],
    withdraw: ({ state }, amount: number) =>
      amount > state.balance
        ? reject("overdrawn", { missing: amount - state.balance })
        : { type: "Withdrawn", amount },
    overdraw: (_view, amount: number) => ({ type: "Withdrawn", amount }),
    tag: ({ state, now, newId }, tags: string[]) =>
      tags.every((tag) => state.tags.includes(tag))
        ? alreadyApplied
        : { type: "Tagged", tags, at: now.toISOString(), by: newId() },
    // What a definition in JavaScript, or with a cast, may return.
    wrong: (_view, decided: unknown) => decided as { type: "Deposited"; amount: number },
  },
  index: {},
});

const now = new Date("2026-01-02T03:04:05.678Z");
const clock = { ...systemClock, now: () => now };
const id = "01890a5d-ac96-774b-bcce-b302099a8057";
const open = () =>
  createStoreRepository(Account, new MemoryStore(), { clock, newId: () => id }).create({
    owner: "ada",
  });

describe("a command", () => {
  it("changes the state at once, and its events are pending", async () => {
    const account = await open();
    expect(account.deposit(5)).toBe("executed");
    expect(account.state.balance).toBe(5);
    expect(account.pending).toEqual([{ type: "Deposited", amount: 5 }]);
    expect(account.history).toHaveLength(2);
    expect(account.version).toBe(1);
  });

  it("may yield several events", async () => {
    const account = await open();
    account.depositTwice(2);
    expect(account.state.balance).toBe(4);
    expect(account.pending).toHaveLength(2);
  });

  it("says when there is nothing to do", async () => {
    const account = await open();
    account.tag(["a"]);
    expect(account.tag(["a"])).toBe("alreadyApplied");
    expect(account.pending).toHaveLength(1);
  });

  it("sees the clock and the id source that the repository was given", async () => {
    const account = await open();
    account.tag(["a"]);
    expect(account.pending[0]).toEqual({
      type: "Tagged",
      tags: ["a"],
      at: now.toISOString(),
      by: id,
    });
  });

  it("throws its rejection with its own reason, and leaves nothing behind", async () => {
    const account = await open();
    const attempt = () => account.withdraw(3);
    expect(attempt).toThrow(CommandRejectedError);
    expect(attempt).toThrow(
      expect.objectContaining({
        code: "ANNALS_COMMAND_REJECTED",
        command: "withdraw",
        reason: "overdrawn",
        details: { missing: 3 },
      }),
    );
    expect(account.pending).toEqual([]);
  });

  it("throws for an event that does not fit its schema, and leaves nothing behind", async () => {
    const account = await open();
    expect(() => account.deposit(-1)).toThrow(InvalidEventError);
    expect(() => account.depositTwice(Number.NaN)).toThrow(/amount/);
    expect(account.state.balance).toBe(0);
    expect(account.pending).toEqual([]);
  });

  it("throws when its events lead to a state that does not fit the schema", async () => {
    const account = await open();
    expect(() => account.overdraw(1)).toThrow(InvalidStateError);
    expect(account.state.balance).toBe(0);
  });

  it.each([
    ["nothing", undefined, "returned nothing"],
    ["a promise", Promise.resolve(), "a promise, but decisions are made at once"],
    ["an empty list", [], "an empty list"],
    ["a text", "Deposited", "a string where an event belongs"],
    ["an unknown event", { type: "Gone" }, "an event that the entity does not declare"],
  ])("is a bug when it returns %s", async (_, decided, problem) => {
    const account = await open();
    expect(() => account.wrong(decided)).toThrow(InvalidDecisionError);
    expect(() => account.wrong(decided)).toThrow(problem);
  });

  it.each([
    ["a field that the schema does not have", { amount: 1, extra: 1 }, "extra"],
    ["a reserved field", { amount: 1, v: 2 }, "v"],
  ])("is refused %s", async (_, fields, name) => {
    const account = await open();
    const attempt = account.attempt.wrong({ type: "Deposited", ...fields });
    expect(attempt).toMatchObject({ outcome: "invalid" });
    expect(attempt.outcome === "invalid" && attempt.error.issues[0]?.path).toEqual([name]);
  });
});

describe("attempt", () => {
  it("gives every outcome as a value", async () => {
    const { attempt } = await open();
    expect(attempt.deposit(1)).toEqual({
      outcome: "executed",
      events: [{ type: "Deposited", amount: 1 }],
    });
    expect(attempt.withdraw(9)).toEqual({
      outcome: "rejected",
      code: "overdrawn",
      details: { missing: 8 },
    });
    expect(attempt.tag([])).toEqual({ outcome: "alreadyApplied" });
    expect(attempt.deposit(-1)).toMatchObject({ outcome: "invalid" });
  });
});

describe("create", () => {
  it("may refuse", async () => {
    const accounts = createStoreRepository(Account, new MemoryStore());
    await expect(accounts.create({ owner: "" })).rejects.toMatchObject({
      code: "ANNALS_COMMAND_REJECTED",
      command: "create",
      reason: "nobody",
    });
  });
});

describe("an entity", () => {
  it("leaks nothing that could be changed", async () => {
    const account = await open();
    const tags = ["a"];
    account.tag(tags);
    tags.push("b");
    expect(account.state.tags).toEqual(["a"]);
    expect(() => (account.state.tags as string[]).push("c")).toThrow(TypeError);
    expect(() => Object.assign(account.history[0] ?? {}, { owner: "x" })).toThrow(TypeError);
    expect(() => Object.assign(account, { id: "x" })).toThrow(TypeError);
  });

  it("keeps its dates, and its events from reducers that change them", async () => {
    const Visit = defineEntity({
      name: "visit",
      schema: z.object({ at: jsonDate(), tags: z.array(z.string()) }),
      events: { Visited: z.object({ at: jsonDate(), tags: z.array(z.string()) }) },
      create: (input: { at: Date; tags: string[] }) => ({ type: "Visited", ...input }),
      evolve: { Visited: (_, { at, tags }) => ({ at, tags: tags.sort() }) },
      commands: {},
      index: { at: {} },
    });
    const visits = createStoreRepository(Visit, new MemoryStore());
    await expect(visits.create({ at: now, tags: ["b", "a"] })).rejects.toMatchObject({
      code: "ANNALS_INVALID_DECISION",
      cause: expect.any(TypeError),
    });
    const visit = await visits.create({ at: now, tags: [] });
    expect(() => visit.state.at.setTime(0)).toThrow("read-only");
    expect(visit.state.at).toStrictEqual(now);
  });

  it("shows itself in JSON", async () => {
    const account = await open();
    expect(JSON.parse(JSON.stringify(account))).toEqual({
      id,
      version: 1,
      state: { owner: "ada", balance: 0, tags: [] },
    });
  });
});
