import type { WriteEnd } from "@annals/core/adapter";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TransactionTracker } from "./transaction-tracker.ts";

/** A connection's tracker, told what the server answers, and the ends of the writes on it. */
const connection = () => {
  const tracker = new TransactionTracker();
  const ends = new Map<string, WriteEnd[]>();
  return {
    tracker,
    run: (sql: string, ...commands: readonly string[]) =>
      tracker.succeeded(
        sql,
        commands.length > 0 ? commands : [sql.split(" ")[0]?.toUpperCase() ?? ""],
      ),
    write: (name: string) => {
      ends.set(name, []);
      tracker.onEnd((end) => void ends.get(name)?.push(end));
    },
    ends: () => Object.fromEntries(ends),
  };
};

describe("TransactionTracker", () => {
  it("tells a commit and a rollback", () => {
    for (const [sql, end] of [
      ["commit", "committed"],
      ["rollback", "rolledBack"],
    ] as const) {
      const { tracker, run, write, ends } = connection();
      run("begin");
      expect(tracker.isOpen).toBe(true);
      write("a");
      expect(ends()).toEqual({ a: [] });
      run(sql);
      expect(tracker.isOpen).toBe(false);
      expect(ends()).toEqual({ a: [end] });
      run("begin");
      run("commit");
      expect(ends()).toEqual({ a: [end] });
    }
  });

  it("believes the tag, not the text: an aborted transaction is not committed", () => {
    const { run, write, ends } = connection();
    run("start transaction isolation level serializable", "START");
    write("a");
    run("commit", "ROLLBACK");
    expect(ends()).toEqual({ a: ["rolledBack"] });
  });

  it("does not look at other statements", () => {
    const { tracker, run, write, ends } = connection();
    run("begin");
    write("a");
    run("insert into t values ('commit; rollback')", "INSERT");
    run("prepare p as select 1", "PREPARE");
    expect(tracker.isOpen).toBe(true);
    expect(ends()).toEqual({ a: [] });
  });

  it("tells what a savepoint undoes, at once", () => {
    const { run, write, ends } = connection();
    run("begin");
    write("before");
    run('savepoint "s"');
    write("inside");
    run('rollback to "s"');
    expect(ends()).toEqual({ before: [], inside: ["rolledBack"] });
    write("again");
    run('release "s"');
    write("after");
    run("commit");
    expect(ends()).toEqual({
      ...{ before: ["committed"], inside: ["rolledBack"] },
      ...{ again: ["committed"], after: ["committed"] },
    });
  });

  it("knows the inner of two savepoints of one name, and names in any spelling", () => {
    const { run, write, ends } = connection();
    run("begin");
    run("savepoint S");
    write("outer");
    run("SAVEPOINT s");
    write("inner");
    run('/* by hand */ rollback to savepoint "s" -- the inner one', "ROLLBACK");
    expect(ends()).toEqual({ outer: [], inner: ["rolledBack"] });
    run('release "s"');
    run("rollback to s");
    expect(ends()).toEqual({ outer: ["rolledBack"], inner: ["rolledBack"] });
  });

  it("takes texts of several statements apart", () => {
    const { tracker, run, write, ends } = connection();
    run("begin");
    write("before");
    run("savepoint a; insert into t values (1); rollback to a;", "SAVEPOINT", "INSERT", "ROLLBACK");
    expect(tracker.isOpen).toBe(true);
    expect(ends()).toEqual({ before: [] });
    run("commit; begin", "COMMIT", "BEGIN");
    expect(ends()).toEqual({ before: ["committed"] });
    expect(tracker.isOpen).toBe(true);
  });

  it("does not know where it did not see the savepoint, or cannot tell the statements", () => {
    const { run, write, ends } = connection();
    run("begin");
    write("a");
    run("rollback to unseen");
    write("b");
    run("something; else", "ROLLBACK");
    expect(ends()).toEqual({ a: ["unknown"], b: ["unknown"] });
  });

  it("goes on in a chain", () => {
    const { tracker, run, write, ends } = connection();
    run("begin");
    write("a");
    run("commit and chain");
    expect(tracker.isOpen).toBe(true);
    write("b");
    run("rollback and no chain");
    expect(tracker.isOpen).toBe(false);
    expect(ends()).toEqual({ a: ["committed"], b: ["rolledBack"] });
  });

  it("does not know how a prepared transaction will end", () => {
    const { tracker, run, write, ends } = connection();
    run("begin");
    write("a");
    run("prepare transaction 'x'");
    expect(tracker.isOpen).toBe(false);
    expect(ends()).toEqual({ a: ["unknown"] });
  });

  it.each([
    ["a statement that the server refused", "insert into t", "refused", [], true],
    ["a statement with the connection", "insert into t", "lost", ["rolledBack"], false],
    ["a statement that the client gave up", "select pg_sleep(9)", "uncertain", [], true],
    ["a commit that the server refused", "commit", "refused", ["rolledBack"], false],
    ["a commit with the connection", "commit", "lost", ["unknown"], false],
    ["a commit that the client gave up", "commit", "uncertain", ["unknown"], false],
    ["a text after its commit, perhaps", "commit; select 1 / 0", "refused", ["unknown"], false],
  ] as const)("judges the failure of %s", (_, sql, how, end, isOpen) => {
    const { tracker, run, write, ends } = connection();
    run("begin");
    write("a");
    tracker.failed(sql, how);
    expect(ends()).toEqual({ a: end });
    expect(tracker.isOpen).toBe(isOpen);
  });

  it("tells the latest write first", () => {
    const { tracker, run } = connection();
    const told: number[] = [];
    run("begin");
    for (const at of [1, 2, 3]) tracker.onEnd(() => void told.push(at));
    run("rollback");
    expect(told).toEqual([3, 2, 1]);
  });

  it("agrees with a model of nested savepoints", () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 40 }), fc.boolean(), agreesWithModel));
  });
});

const NAMES = ["a", "A", '"a"', '"A"', '"x y"'];
type Step = {
  readonly do: "write" | "savepoint" | "release" | "rollback to";
  readonly name: string;
};
const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom("write", "savepoint", "release", "rollback to"),
  name: fc.constantFrom(...NAMES),
});

const canonical = (name: string): string =>
  name.startsWith('"') ? name.slice(1, -1) : name.toLowerCase();

/** PostgreSQL's savepoints as copies of everything that is in effect. */
const agreesWithModel = (steps: readonly Step[], commits: boolean): void => {
  const { tracker, run, write, ends } = connection();
  let live: readonly string[] = [];
  let savepoints: readonly { readonly name: string; readonly live: readonly string[] }[] = [];
  const expected = new Map<string, WriteEnd[]>();
  const undo = (kept: readonly string[]): void => {
    for (const id of live) if (!kept.includes(id)) expected.set(id, ["rolledBack"]);
    live = kept;
  };

  run("begin");
  for (const [at, { do: what, name }] of steps.entries()) {
    const depth = savepoints.findLastIndex((one) => one.name === canonical(name));
    if (what === "write") {
      write(`${at}`);
      expected.set(`${at}`, []);
      live = [...live, `${at}`];
    } else if (what === "savepoint") {
      run(`savepoint ${name}`);
      savepoints = [...savepoints, { name: canonical(name), live }];
    } else if (depth === -1) {
      // The server refuses it, which leaves the rest of this model to the next property.
      continue;
    } else if (what === "release") {
      run(`release savepoint ${name}`);
      savepoints = savepoints.slice(0, depth);
    } else {
      run(`rollback to savepoint ${name}`);
      undo(savepoints[depth]?.live ?? []);
      savepoints = savepoints.slice(0, depth + 1);
    }
    expect(ends()).toEqual(Object.fromEntries(expected));
  }
  run(commits ? "commit" : "rollback");
  for (const id of live) expected.set(id, [commits ? "committed" : "rolledBack"]);
  expect(ends()).toEqual(Object.fromEntries(expected));
  expect(tracker.isOpen).toBe(false);
};
