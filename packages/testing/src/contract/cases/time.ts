import {
  type CreateView,
  createStoreConsumer,
  createStoreRepository,
  defineEntity,
  InvalidArgumentError,
} from "@annals/core";
import { expect } from "vitest";
import * as z from "zod";
import { ManualClock } from "../../manual-clock.ts";
import { clockThat } from "../clock-that.ts";
import { contractGroup } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";
import { thrownBy } from "../thrown-by.ts";

const defineVisit = (name: string) =>
  defineEntity({
    name,
    schema: z.object({ at: z.string() }),
    events: { Visited: z.object({ at: z.string() }) },
    create: (_input: null, { now }: CreateView) => ({ type: "Visited", at: now.toISOString() }),
    evolve: { Visited: (_, { at }) => ({ at }) },
    commands: { visit: ({ now }) => ({ type: "Visited", at: now.toISOString() }) },
    index: { at: {} },
  });

export const time = contractGroup("time", {
  "decisions and records have the clock's time, to the millisecond": async (bench) => {
    const clock = new ManualClock("2031-05-06T07:08:09.123Z");
    const Visit = await bench.define(defineVisit);
    const visits = createStoreRepository(Visit, bench.store, { clock });
    const visit = await visits.create(null);
    await clock.advance(1);
    visit.visit();
    await visits.update(visit);
    const recorded: Date[] = [];
    const consumer = createStoreConsumer(bench.store, {
      name: Visit.name,
      topics: [Visit],
      on: { Visited: (_event, { recordedAt }) => void recorded.push(recordedAt) },
    });
    await consumer.catchUp();
    const times = ["2031-05-06T07:08:09.123Z", "2031-05-06T07:08:09.124Z"];
    expect(recorded.map((at) => at.toISOString())).toEqual(times);
    expect(visit.history.map(({ at }) => at)).toEqual(times);
  },

  "entities are created at the clock's time": async (bench) => {
    let now = new Date("2031-01-01T00:00:00Z");
    const visits = await bench.repository(defineVisit, { clock: clockThat(() => now) });
    const later = await visits.create(null);
    now = new Date("1999-01-01T00:00:00Z");
    const earlier = await visits.create(null);
    const { items } = await visits.list({ orderBy: "createdAt" });
    expect(items.map(({ id }) => id)).toEqual([earlier.id, later.id]);
  },

  "generated ids begin with the clock's time": async (bench) => {
    const clock = new ManualClock("2031-05-06T07:08:09.123Z");
    const visits = await bench.repository(defineVisit, { clock });
    const { id } = await visits.create(null);
    expect(Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16)).toBe(clock.now().getTime());
  },

  "a clock without a time is refused and leaves nothing behind": async (bench) => {
    let now = new Date(Number.NaN);
    const accounts = await bench.repository(defineAccount, { clock: clockThat(() => now) });
    await thrownBy(accounts.create({ email: "ada@example.com" }), InvalidArgumentError);
    expect(await accounts.count()).toBe(0);
    now = new Date();
    await accounts.create({ email: "ada@example.com" });
  },

  "the pauses of transact wait for the clock": async (bench) => {
    const clock = new ManualClock();
    const accounts = await bench.repository(defineAccount, { clock });
    const { id } = await accounts.create({ email: "ada@example.com" });
    let tries = 0;
    const renamed = accounts.transact(
      id,
      async (ada) => {
        tries += 1;
        if (tries === 1) {
          const rival = await accounts.findById(id);
          rival.rename("Rival");
          await accounts.update(rival);
        }
        ada.rename(`${ada.state.name}'s successor`);
      },
      { pauseMs: 1_000 },
    );
    await clock.untilSleeping();
    expect(tries).toBe(1);
    await clock.advance(1_000);
    expect((await renamed).entity.state.name).toBe("Rival's successor");
    expect(tries).toBe(2);
  },

  "the pauses of a consumer wait for its clock": async (bench) => {
    const clock = new ManualClock();
    const Account = await bench.define(defineAccount);
    const accounts = createStoreRepository(Account, bench.store);
    const opened: string[] = [];
    const consumer = createStoreConsumer(bench.store, {
      name: Account.name,
      topics: [Account],
      clock,
      pollIntervalMs: 60_000,
      on: { AccountOpened: ({ email }) => void opened.push(email) },
    });
    const stop = new AbortController();
    const running = consumer.run({ signal: stop.signal });
    await clock.untilSleeping();
    await accounts.create({ email: "ada@example.com" });
    const begun = Date.now();
    while (opened.length === 0 && Date.now() - begun < 30_000) {
      await clock.untilSleeping();
      await clock.advance(60_000);
    }
    expect(opened).toEqual(["ada@example.com"]);
    stop.abort();
    await running;
  },
});
