import { describe, expect, it } from "vitest";
import {
  chains,
  isCommit,
  isRollbackTo,
  savepointName,
  statementsOf,
} from "./control-statements.ts";

describe("statementsOf", () => {
  it.each([
    ["commit", ["commit"]],
    ["commit;", ["commit"]],
    ["  begin ; ; commit ; ", ["begin", "commit"]],
    ["/* why */ rollback to a -- to the start\n", ["rollback to a"]],
    ['savepoint "a;b"; release "a;b"', ['savepoint "a;b"', 'release "a;b"']],
    ["select 'it''s; -- text'; commit", ["select 'it''s; -- text'", "commit"]],
    ["do $x$ begin; end; $x$; commit", ["do $x$ begin; end; $x$", "commit"]],
    ["do $$ a; $$", ["do $$ a; $$"]],
    ["select 3 - 1 / 2", ["select 3 - 1 / 2"]],
    ["-- nothing", []],
    ["", []],
  ])("takes %j apart", (sql, statements) => {
    expect(statementsOf(sql)).toEqual(statements);
  });
});

describe("savepointName", () => {
  it.each([
    ["savepoint a", "a"],
    ["SAVEPOINT A", "a"],
    ['savepoint "A"', "A"],
    ['rollback to savepoint "a ""b"""', 'a "b"'],
    ["rollback work to x1", "x1"],
    ["release s", "s"],
  ])("finds the name in %j", (statement, name) => {
    expect(savepointName(statement)).toBe(name);
  });
});

describe("kinds of statements", () => {
  it("tells a partial rollback from a whole one", () => {
    for (const text of ["rollback to a", "ROLLBACK TO SAVEPOINT a", "rollback transaction to a"]) {
      expect(isRollbackTo(text)).toBe(true);
    }
    for (const text of ["rollback", "rollback work", "rollback and chain", "abort"]) {
      expect(isRollbackTo(text)).toBe(false);
    }
  });

  it("knows both words for a commit", () => {
    expect(["commit", "END", "commit work", "select 1", "commitment"].map(isCommit)).toEqual([
      ...[true, true, true, false, false],
    ]);
  });

  it("knows a chain", () => {
    expect(["commit and chain", "ROLLBACK AND CHAIN", "commit and no chain"].map(chains)).toEqual([
      ...[true, true, false],
    ]);
  });
});
