import { PositionSequenceBehindError } from "@annals/core";
import { LongTransaction } from "@annals/faults";
import type { PostgresServer } from "@annals/testing/postgres";
import { CompiledQuery, sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FLAWLESS } from "./adversarial/judge.ts";
import { byTransactionId, type Mutant, naive } from "./adversarial/mutant-readers.ts";
import { noOwnServer, startAnyServer } from "./adversarial/own-server.ts";
import { type Stage, setStage, waitingFor } from "./adversarial/stage.ts";

/** Appends one event to an account in one round trip. */
type Append = (stage: Stage, id: string) => Promise<unknown>;

const byRepository: Append = ({ writing }, id) => writing.deposit(id);

/** The plain shape: one statement that holds the events table from its start. */
const byPlainStatement: Append = ({ db }, id) =>
  sql`with w as (
  update accounts set version = version + 1 where id = ${id} returning id, version
)
insert into account_events (id, sequence, event_type, event, recorded_at)
select id, version, 'Deposited', '{"type": "Deposited", "amount": 1}', now() from w`.execute(db);

describe("what holds readers up", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startAnyServer();
  });
  afterAll(() => server?.stop());

  const withStage = async (
    mutant: Mutant | undefined,
    play: (stage: Stage) => Promise<void>,
  ): Promise<void> => {
    const stage = await setStage(server, { mutant });
    try {
      await play(stage);
      expect(await stage.verdict()).toMatchObject(FLAWLESS);
    } finally {
      await stage.close();
    }
  };

  describe("a long transaction that wrote something else", () => {
    const delivered = async (
      mutant: Mutant | undefined,
      where: "in this database" | "in another database",
    ): Promise<number> => {
      let count = Number.NaN;
      await withStage(mutant, async (stage) => {
        const { writing, follower, first, connectionString } = stage;
        const there = where === "in this database" ? connectionString : server.connectionString;
        const long = new LongTransaction(there, "create temporary table unrelated (n int)");
        await long.open();
        await writing.deposit(first);
        await follower.catchUp();
        const before = await stage.verdict();
        count = before.delivered - 2;
        await long.close();
        await follower.catchUp();
      });
      return count;
    };

    it.each(["in this database", "in another database"] as const)(
      "%s holds up the consumer not at all",
      async (where) => {
        expect(await delivered(undefined, where)).toBe(1);
      },
    );

    it.for(["in this database", "in another database"] as const)(
      "%s stalls a reader of what is below xmin",
      async (where, { skip }) => {
        skip(noOwnServer() !== undefined, noOwnServer());
        expect(await delivered(byTransactionId, where)).toBe(0);
      },
    );
  });

  describe("an append that waits for an index row", () => {
    /** How many of two events another entity's append has come through with, meanwhile. */
    const deliveredMeanwhile = async (append: Append): Promise<number> => {
      let count = Number.NaN;
      await withStage(undefined, async (stage) => {
        const { db, writing, follower, first, second } = stage;
        const foreign = await writing.open();
        await foreign.run(`select from accounts where id = '${first}' for update`);
        const waiting = append(stage, first);
        await waitingFor(db, "transactionid");
        await append(stage, second);
        await append(stage, second);
        await follower.catchUp();
        const { delivered } = await stage.verdict();
        count = delivered - 2;
        await foreign.rollback();
        await waiting;
        await follower.catchUp();
      });
      return count;
    };

    it("holds up nothing but itself", async () => {
      expect(await deliveredMeanwhile(byRepository)).toBe(2);
    });

    it("stalls the topic when it is one plain statement", async () => {
      expect(await deliveredMeanwhile(byPlainStatement)).toBe(0);
    });
  });

  describe("a position sequence that fell behind", () => {
    const setSequence = ({ db }: Stage, to: number): Promise<unknown> =>
      db.executeQuery(CompiledQuery.raw(`select setval('annals.position', ${to})`));

    const highest = async ({ db }: Stage): Promise<number> => {
      const { rows } = await db.executeQuery<{ max: string }>(
        CompiledQuery.raw("select max(position) as max from account_events"),
      );
      return Number(rows[0]?.max);
    };

    it("is refused by the consumer and by the append that meets a taken position", async () => {
      await withStage(undefined, async (stage) => {
        const { writing, follower, first } = stage;
        const used = await highest(stage);
        await setSequence(stage, used - 1);
        await expect(follower.catchUp()).rejects.toThrow(PositionSequenceBehindError);
        await expect(follower.catchUp()).rejects.toMatchObject({ last: used - 1, used });
        await expect(writing.deposit(first)).rejects.toThrow(PositionSequenceBehindError);

        await setSequence(stage, used);
        await writing.deposit(first);
        await follower.catchUp();
        expect((await stage.verdict()).delivered).toBe(3);
      });
    });

    it("is refused by a consumer whose checkpoint alone is ahead, as after a partial restore", async () => {
      await withStage(undefined, async (stage) => {
        const { follower, db } = stage;
        const used = await highest(stage);
        await db.executeQuery(CompiledQuery.raw("update annals.checkpoints set position = 1000"));
        await expect(follower.catchUp()).rejects.toMatchObject({ last: used, used: 1000 });
        await db.executeQuery(
          CompiledQuery.raw(`update annals.checkpoints set position = ${used}`),
        );
      });
    });

    it("takes back what was settled above it", async () => {
      await withStage(undefined, (stage) => setBack(stage));
    });

    it("would lose events to a reader that looks at nothing", async () => {
      await expect(withStage(naive, (stage) => setBack(stage))).rejects.toThrow(/lost/);
    });

    /** Positions that nobody used are settled, given back, and drawn again by two that cross. */
    const setBack = async (stage: Stage): Promise<void> => {
      const { db, writing, follower, first, second } = stage;
      const used = await highest(stage);
      await db.executeQuery(
        CompiledQuery.raw("select nextval('annals.position') from generate_series(1, 50)"),
      );
      await follower.catchUp();
      await setSequence(stage, used);
      // Whoever sets the sequence back has to do so with the checkpoints, or consumers refuse.
      await db.executeQuery(CompiledQuery.raw(`update annals.checkpoints set position = ${used}`));
      const late = await writing.open();
      await late.deposit(first);
      await writing.deposit(second);
      await follower.catchUp();
      await late.commit();
      await writing.deposit(second);
      await follower.catchUp();
    };
  });
});
