import { DuplicateValueError, type Repository } from "@annals/core";
import * as fc from "fast-check";
import { expect } from "vitest";
import type { OpaqueTx } from "../bench.ts";
import { contractGroup } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";

type Accounts = Repository<ReturnType<typeof defineAccount>, OpaqueTx>;

/** What a plain Map knows of one account. */
interface Row {
  readonly email: string;
  readonly nickname: string | null;
  readonly status: "active" | "suspended";
  readonly version: number;
}

const EMAILS = ["a@example.com", "A@example.com", "b@example.com", "c@example.com"];
const NICKNAMES = ["Al", "Bo", null];

type Step =
  | { readonly do: "create"; readonly email: string; readonly nickname: string | null }
  | { readonly do: "email"; readonly at: number; readonly email: string }
  | { readonly do: "nickname"; readonly at: number; readonly nickname: string | null }
  | { readonly do: "both"; readonly at: number; readonly email: string }
  | { readonly do: "suspend"; readonly at: number };

const email = fc.constantFrom(...EMAILS);
const nickname = fc.constantFrom(...NICKNAMES);
const at = fc.nat({ max: 5 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("create" as const), email, nickname }),
  fc.record({ do: fc.constant("email" as const), at, email }),
  fc.record({ do: fc.constant("nickname" as const), at, nickname }),
  fc.record({ do: fc.constant("both" as const), at, email }),
  fc.record({ do: fc.constant("suspend" as const), at }),
);

/** The rows after a step, or `undefined` where a unique value would be taken. */
const predict = (
  rows: ReadonlyMap<string, Row>,
  id: string,
  change: Partial<Row>,
  events: number,
): ReadonlyMap<string, Row> | undefined => {
  const before = rows.get(id) ?? { email: "", nickname: null, status: "active", version: 0 };
  const after = { ...before, ...change, version: before.version + events };
  const isTaken = [...rows].some(
    ([other, row]) =>
      other !== id &&
      (row.email.toLowerCase() === after.email.toLowerCase() ||
        (row.nickname !== null && row.nickname === after.nickname)),
  );
  return isTaken ? undefined : new Map(rows).set(id, after);
};

/** Does a step on the real repository, and says what it should have changed. */
const perform = async (
  accounts: Accounts,
  rows: ReadonlyMap<string, Row>,
  todo: Step,
): Promise<ReadonlyMap<string, Row>> => {
  if (todo.do === "create") {
    const change = { email: todo.email, nickname: todo.nickname };
    if (predict(rows, "new", change, 1) === undefined) {
      await expect(accounts.create(change)).rejects.toThrow(DuplicateValueError);
      return rows;
    }
    const { id } = await accounts.create(change);
    return predict(rows, id, change, 1) ?? rows;
  }
  const id = [...rows.keys()][todo.at % Math.max(rows.size, 1)];
  if (id === undefined) return rows;
  const account = await accounts.findById(id);
  const change: Partial<Row> = {};
  switch (todo.do) {
    case "email":
      account.attempt.changeEmail(todo.email);
      break;
    case "nickname":
      account.changeNickname(todo.nickname);
      break;
    case "both":
      account.handOver(todo.email, "New");
      account.changeNickname(null);
      break;
    case "suspend":
      account.suspend("property");
      break;
  }
  const { email: changed, nickname: renamed, status } = account.state;
  Object.assign(change, { email: changed, nickname: renamed, status });
  const events = account.pending.length;
  const after = predict(rows, id, change, events);
  if (after === undefined) {
    await expect(accounts.update(account)).rejects.toThrow(DuplicateValueError);
    return rows;
  }
  expect(await accounts.update(account)).toBe(events);
  return after;
};

/** Every lookup that the index table serves must tell what the rows tell. */
const expectLookups = async (accounts: Accounts, rows: ReadonlyMap<string, Row>) => {
  const all = await accounts.findAll(rows.keys());
  expect(all.size).toBe(rows.size);
  for (const [id, row] of rows) {
    const account = all.get(id);
    expect(account?.version).toBe(row.version);
    expect(account?.state).toMatchObject({ email: row.email, nickname: row.nickname });
    expect((await accounts.findByEmail(row.email.toUpperCase())).id).toBe(id);
    if (row.nickname !== null) {
      expect((await accounts.findByNickname(row.nickname)).id).toBe(id);
    }
  }
  for (const free of EMAILS) {
    const owner = [...rows].find(([, row]) => row.email.toLowerCase() === free.toLowerCase());
    expect((await accounts.maybeFindByEmail(free))?.id).toBe(owner?.[0]);
  }
  for (const status of ["active", "suspended"] as const) {
    const listed = (await accounts.list({ where: { status } })).items.map(({ id }) => id);
    const expected = [...rows].filter(([, row]) => row.status === status).map(([id]) => id);
    expect(new Set(listed)).toEqual(new Set(expected));
  }
};

export const foldedIndex = contractGroup("the index row", {
  "it equals the fold of the events after any sequence of commands": async (bench) => {
    const sequences = fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 25 }),
      async (steps) => {
        const accounts = await bench.repository(defineAccount);
        let rows: ReadonlyMap<string, Row> = new Map();
        for (const todo of steps) rows = await perform(accounts, rows, todo);
        await expectLookups(accounts, rows);
      },
    );
    await fc.assert(sequences, { numRuns: 25 });
  },
});
