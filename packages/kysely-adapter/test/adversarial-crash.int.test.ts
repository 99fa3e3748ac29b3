import { backendCrash, type Crash, serverCrash } from "@annals/faults";
import type { EmbeddedServer } from "@annals/testing/postgres";
import { CompiledQuery } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGround } from "./adversarial/ground.ts";
import { FLAWLESS, type Verdict } from "./adversarial/judge.ts";
import { type Mutant, withoutLives } from "./adversarial/mutant-readers.ts";
import { chosenBinaries, noOwnServer } from "./adversarial/own-server.ts";
import { commitPrepared, prepared } from "./adversarial/scenarios.ts";
import type { Session } from "./adversarial/session.ts";
import { type Stage, setStage } from "./adversarial/stage.ts";

const skipped = noOwnServer();

type CrashScenario = (stage: Stage, crash: () => Promise<void>) => Promise<void>;

/** A prepared transaction bears another identity after the crash, as if the first had ended. */
const preparedAcrossCrash: CrashScenario = async ({ writing, follower, first, second }, crash) => {
  const late = await prepared(writing, first);
  await writing.deposit(second);
  await follower.catchUp();
  await crash();
  await follower.catchUp();
  await writing.db.executeQuery(commitPrepared(late));
  await writing.deposit(second);
  await follower.catchUp();
};

/** The same, with the crash between the two looks of one reading. */
const preparedBetweenLooks: CrashScenario = async (stage, crash) => {
  const { writing, follower, steps, first, second } = stage;
  const late = await prepared(writing, first);
  await writing.deposit(second);
  await follower.catchUp();
  steps.crashBefore("writers", crash);
  await follower.catchUp();
  await writing.db.executeQuery(commitPrepared(late));
  await writing.deposit(second);
  await follower.catchUp();
};

/**
 * The sequence writes to the log every 32 draws, and nothing flushes that before a commit: a crash
 * takes such draws back, and gives the same positions out again. What was settled above them is not.
 */
const drawsTakenBack: CrashScenario = async (stage, crash) => {
  const following = new AbortController();
  const followed = stage.follower.follow(following.signal);
  // Once in a while the writer of the log wakes up in between, and nothing is taken back.
  while (!(await crossedAfterCrash(stage, crash)));
  // Nobody tells when a reader that loses events is done.
  await waitFor(stage, 3_000);
  following.abort();
  await followed;
};

const waitFor = async (stage: Stage, ms: number): Promise<void> => {
  const until = Date.now() + ms;
  for (;;) {
    const { delivered, events } = await stage.verdict();
    if (delivered === events || Date.now() > until) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

/**
 * Draws without committing, lets the follower look, and crashes before its next look. Until that goes out,
 * two writers have crossed at positions that were drawn before. Says whether the crash took draws back.
 */
const crossedAfterCrash = async (
  { db, steps, writing, first, second, connectionString }: Stage,
  crash: () => Promise<void>,
): Promise<boolean> => {
  // The checkpoint moves with it, and not again soon.
  await writing.deposit(second);
  await looked();
  const drawing = new pg.Client({ connectionString });
  drawing.on("error", () => {});
  await drawing.connect();
  await drawing.query("begin");
  await drawing.query("select nextval('annals.position') from generate_series(1, 100)");
  await looked();
  const before = await lastPosition(db);
  const late = await new Promise<Session | undefined>((resolve, reject) => {
    const meanwhile = async (): Promise<Session | undefined> => {
      await crash();
      await drawing.end().catch(() => {});
      if ((await lastPosition(db)) >= before - 50) return undefined;
      const session = await writing.open();
      await session.deposit(first);
      await writing.deposit(second);
      // Past what it was before the crash: no look can see that the sequence ever stood lower.
      await db.executeQuery(
        CompiledQuery.raw("select nextval('annals.position') from generate_series(1, 100)"),
      );
      return session;
    };
    steps.crashBefore("lastPosition", () => meanwhile().then(resolve, reject));
  });
  if (late === undefined) return false;
  await looked();
  await late.commit();
  await writing.deposit(second);
  return true;
};

/** Long enough for a follower to look several times; shorter than it leaves its checkpoint behind. */
const looked = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300));

const lastPosition = async (db: Stage["db"]): Promise<number> => {
  const { rows } = await db.executeQuery<{ last: string }>(
    CompiledQuery.raw("select last_value as last from annals.position"),
  );
  return Number(rows[0]?.last);
};

describe.skipIf(skipped !== undefined)(
  `readers across a crash ${skipped ?? ""}`,
  { timeout: 30_000 },
  () => {
    let server: EmbeddedServer;
    beforeAll(async () => {
      // The writer of the log sleeps long enough to leave what nobody commits in memory.
      const settings = { wal_writer_delay: "10s" };
      server = await startGround({ binaries: chosenBinaries(), settings });
    });
    afterAll(() => server?.stop());

    const played = async (
      scenario: CrashScenario,
      crash: Crash,
      mutant?: Mutant,
    ): Promise<Verdict> => {
      const stage = await setStage(server, { mutant });
      try {
        await scenario(stage, () => crash(server));
        return await stage.verdict();
      } finally {
        await stage.close();
      }
    };

    const scenarios: [string, CrashScenario][] = [
      ["a prepared transaction", preparedAcrossCrash],
      ["a prepared transaction, between its looks", preparedBetweenLooks],
      ["draws that are taken back", drawsTakenBack],
    ];
    const crashes: [string, Crash][] = [
      ["the server", serverCrash],
      ["one backend", backendCrash],
    ];
    for (const [what, crash] of crashes) {
      it.each(scenarios)(
        `the consumer is right over a crash of ${what} with %s`,
        async (_, play) => {
          const verdict = await played(play, crash);
          expect(verdict).toMatchObject(FLAWLESS);
          expect(verdict.delivered).toBe(verdict.events);
        },
      );

      it.each(scenarios)(
        `a reader that knows one life only is caught by a crash of ${what} with %s`,
        async (_, play) => {
          expect(await played(play, crash, withoutLives)).toMatchObject({ lost: 1 });
        },
      );
    }
  },
);
