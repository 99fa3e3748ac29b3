import type { PostgresServer } from "@annals/testing/postgres";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Verdict } from "./adversarial/judge.ts";
import { FLAWLESS } from "./adversarial/judge.ts";
import {
  byTransactionId,
  everythingInOneStatement,
  everythingInOneTransaction,
  highestBelowXmin,
  holdersBeforeLast,
  looksInOneStatement,
  type Mutant,
  naive,
  readsBeforeSecondLook,
  readsBeyondItsLooks,
  withoutPrepared,
} from "./adversarial/mutant-readers.ts";
import { noOwnServer, startAnyServer, takesPrepared } from "./adversarial/own-server.ts";
import { plainSql } from "./adversarial/plain-sql-reader.ts";
import {
  committedBetweenLooks,
  committedWithinStatement,
  crossedIds,
  drawnBetweenLooks,
  drawnWithinStatement,
  earlyTransactionId,
  lateCommit,
  preparedLate,
  type Scenario,
} from "./adversarial/scenarios.ts";
import { setStage } from "./adversarial/stage.ts";
import { toldReader } from "./adversarial/told.ts";

const NOT_PREPARED = "max_prepared_transactions is 0, as it is by default";

/** The transaction ids of a whole server decide; others than the test must not take any. */
const needsIds: ReadonlySet<Mutant> = new Set([byTransactionId, highestBelowXmin]);

describe("readers, interleaved by hand", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startAnyServer();
  });
  afterAll(() => server?.stop());

  const played = async (scenario: Scenario, mutant?: Mutant): Promise<Verdict> => {
    const stage = await setStage(server, { mutant });
    try {
      await scenario(stage);
      return await stage.verdict();
    } finally {
      await stage.close();
    }
  };

  describe.each<[string, Mutant | undefined]>([
    ["the consumer", undefined],
    ["a reading along with its looks", toldReader],
  ])("%s", (_, reader) => {
    it.for<[string, Scenario]>([
      ["a late commit", lateCommit],
      ["a draw before its second look", drawnBetweenLooks("writers")],
      ["a draw before its reading", drawnBetweenLooks("events")],
      ["a commit before its second look", committedBetweenLooks],
      ["a prepared transaction", preparedLate],
      ["a transaction id that is older than its position", earlyTransactionId],
      ["transaction ids and positions that cross", crossedIds],
    ])("is right despite %s", async ([, scenario], { skip }) => {
      if (scenario === preparedLate) skip(!(await takesPrepared(server)), NOT_PREPARED);
      const verdict = await played(scenario, reader);
      expect(verdict).toMatchObject(FLAWLESS);
      expect(verdict.delivered).toBe(verdict.events);
    });
  });

  it.for<[string, Scenario]>([
    ["a late commit", lateCommit],
    ["a prepared transaction", preparedLate],
    ["a transaction id that is older than its position", earlyTransactionId],
    ["transaction ids and positions that cross", crossedIds],
  ])("a reader in plain SQL is right despite %s", async ([, scenario], { skip }) => {
    if (scenario === preparedLate) skip(!(await takesPrepared(server)), NOT_PREPARED);
    const verdict = await played(scenario, plainSql);
    expect(verdict).toMatchObject(FLAWLESS);
    expect(verdict.delivered).toBe(verdict.events);
  });

  it("a reader in plain SQL is refused where one snapshot serves all statements", async () => {
    const stage = await setStage(server);
    const other = new pg.Client({ connectionString: stage.connectionString });
    await other.connect();
    await other.query("begin isolation level repeatable read");
    const settled = other.query("call annals.settle(array['account_events']::regclass[], 0)");
    await expect(settled).rejects.toMatchObject({ code: "25001" });
    await other.end();
    await stage.close();
  });

  it.for<[string, Mutant, Scenario, Partial<Verdict>]>([
    ["reads whatever is visible", naive, lateCommit, { lost: 1 }],
    [
      "looks at the holders before the last position",
      holdersBeforeLast,
      drawnBetweenLooks("lastPosition"),
      { lost: 1 },
    ],
    [
      "leaves the order of its looks to one statement",
      looksInOneStatement,
      drawnWithinStatement,
      { lost: 1 },
    ],
    [
      "looks and reads in one snapshot of a transaction",
      everythingInOneTransaction,
      committedBetweenLooks,
      { lost: 1 },
    ],
    [
      "looks and reads in one snapshot of a statement",
      everythingInOneStatement,
      committedWithinStatement,
      { lost: 1 },
    ],
    ["reads before its second look", readsBeforeSecondLook, committedBetweenLooks, { lost: 1 }],
    [
      "keeps what it reads beyond its looks",
      readsBeyondItsLooks,
      drawnBetweenLooks("events"),
      { lost: 1 },
    ],
    ["does not count prepared transactions", withoutPrepared, preparedLate, { lost: 1 }],
    [
      "orders by transaction id, below xmin",
      byTransactionId,
      earlyTransactionId,
      { lost: 0, reordered: 1 },
    ],
    ["reads up to the highest position below xmin", highestBelowXmin, crossedIds, { lost: 1 }],
  ])("a reader is caught that %s", async ([, mutant, scenario, caught], { skip }) => {
    if (scenario === preparedLate) skip(!(await takesPrepared(server)), NOT_PREPARED);
    if (needsIds.has(mutant)) skip(noOwnServer() !== undefined, noOwnServer());
    expect(await played(scenario, mutant)).toMatchObject(caught);
  });
});
