import { DuplicateValueError, EntityDeletedError, type Repository } from "@annals/core";
import * as fc from "fast-check";
import { expect } from "vitest";
import type { OpaqueTx } from "../bench.ts";
import { contractGroup } from "../contract-case.ts";
import { defineMember } from "../entities/member.ts";

type Members = Repository<ReturnType<typeof defineMember>, OpaqueTx>;

/** What a plain Map knows of one member. */
interface Row {
  readonly email: string;
  readonly isDeleted: boolean;
  readonly version: number;
}

type Rows = ReadonlyMap<string, Row>;

const EMAILS = ["a@example.com", "A@example.com", "b@example.com", "c@example.com"];
const all = { includeDeleted: true } as const;
const same = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();

const STEPS = ["create", "email", "delete", "leave", "restore", "returnAs", "briefly"] as const;

interface Step {
  readonly do: (typeof STEPS)[number];
  readonly at: number;
  readonly email: string;
}

const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom(...STEPS),
  at: fc.nat({ max: 5 }),
  email: fc.constantFrom(...EMAILS),
});

/** What each step does to a row that takes it; `undefined` where nothing is to be written. */
const change = (todo: Step, { email, isDeleted, version }: Row): Row | "deleted" | undefined => {
  const after = (events: number, changed: Partial<Row>): Row => ({
    ...{ email, isDeleted },
    ...changed,
    version: version + events,
  });
  switch (todo.do) {
    case "create":
    case "email":
      return isDeleted ? "deleted" : after(1, { email: todo.email });
    case "delete":
    case "leave":
      return isDeleted ? undefined : after(1, { isDeleted: true });
    case "restore":
      return isDeleted ? after(1, { isDeleted: false }) : undefined;
    case "returnAs":
      return after(2, { isDeleted: false, email: todo.email });
    case "briefly":
      return isDeleted ? "deleted" : after(2, {});
  }
};

const isTaken = (rows: Rows, id: string, { email, isDeleted }: Row): boolean =>
  !isDeleted &&
  [...rows].some(([other, row]) => other !== id && !row.isDeleted && same(row.email, email));

/** Does a step on the real repository, and returns the rows as they should now be. */
const perform = async (members: Members, rows: Rows, todo: Step): Promise<Rows> => {
  if (todo.do === "create") {
    const row = { email: todo.email, isDeleted: false, version: 1 };
    const creation = members.create({ email: todo.email });
    if (!isTaken(rows, "new", row)) return new Map(rows).set((await creation).id, row);
    await expect(creation).rejects.toThrow(DuplicateValueError);
    return rows;
  }
  const id = [...rows.keys()][todo.at % Math.max(rows.size, 1)];
  const before = id === undefined ? undefined : rows.get(id);
  if (id === undefined || before === undefined) return rows;
  const after = change(todo, before);
  const write = async (): Promise<number> => {
    const member = await members.findById(id, all);
    switch (todo.do) {
      case "delete":
        return members.delete(member, { reason: "model" });
      case "restore":
        return members.restore(member);
      case "email":
        member.changeEmail(todo.email);
        break;
      case "leave":
        member.leave("model");
        break;
      case "returnAs":
        member.returnAs(todo.email);
        break;
      case "briefly":
        member.leaveBriefly();
    }
    return members.update(member);
  };
  if (after === "deleted") {
    await expect(write()).rejects.toThrow(EntityDeletedError);
    return rows;
  }
  if (after === undefined) {
    expect(await write()).toBe(0);
    return rows;
  }
  if (isTaken(rows, id, after)) {
    await expect(write()).rejects.toThrow(DuplicateValueError);
    return rows;
  }
  expect(await write()).toBe(after.version - before.version);
  return new Map(rows).set(id, after);
};

/** Every lookup must tell what the rows tell, and the index rows what the events fold into. */
const expectLookups = async (members: Members, rows: Rows): Promise<void> => {
  const folded = await members.findAll(rows.keys(), all);
  for (const [id, { email, isDeleted, version }] of rows) {
    const member = folded.get(id);
    expect([member?.state.email, member?.isDeleted, member?.version]).toEqual([
      email,
      isDeleted,
      version,
    ]);
  }
  const ids = (isDeleted: boolean) =>
    new Set([...rows].filter(([, row]) => row.isDeleted === isDeleted).map(([id]) => id));
  const live = await members.list();
  expect(new Set(live.items.map(({ id }) => id))).toEqual(ids(false));
  const gone = await members.list({ ...all, where: { deletedAt: { not: null } } });
  expect(new Set(gone.items.map(({ id }) => id))).toEqual(ids(true));
  expect(await members.count()).toBe(ids(false).size);
  for (const email of EMAILS) {
    const owner = [...rows].find(([, row]) => !row.isDeleted && same(row.email, email));
    expect((await members.maybeFindByEmail(email))?.id).toBe(owner?.[0]);
    const anyone = [...rows].some(([, row]) => same(row.email, email));
    const found = await members.maybeFindByEmail(email, all);
    expect(found !== undefined).toBe(anyone);
    if (owner !== undefined) expect(found?.id).toBe(owner[0]);
  }
};

export const lifecycleModel = contractGroup("deleting and restoring", {
  "agrees with a plain map after any sequence of steps": async (bench) => {
    const sequences = fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 25 }),
      async (steps) => {
        const members = await bench.repository(defineMember);
        let rows: Rows = new Map();
        for (const todo of steps) rows = await perform(members, rows, todo);
        await expectLookups(members, rows);
      },
    );
    await fc.assert(sequences, { numRuns: 25 });
  },
});
