import { defineTopic } from "@annals/core";
import { expect } from "vitest";
import * as z from "zod";
import { contractGroup, needs } from "../contract-case.ts";
import { defineOrderFeed, placed } from "../entities/order-feed.ts";
import { followFeed } from "../followed-feed.ts";
import { thrownBy } from "../thrown-by.ts";

const once = { deduplicationKey: "request-1" };

export const topicDeduplication = contractGroup("deduplication of what is published", {
  "the second event under a deduplication key is not published": async (bench) => {
    const { topic, events } = await followFeed(bench, defineOrderFeed);
    expect(await topic.publish(placed("o-1"), once)).toMatchObject({ published: 1, duplicates: 0 });
    expect(await topic.publish(placed("o-2"), once)).toEqual({
      published: 0,
      duplicates: 1,
      position: undefined,
    });
    expect(await events()).toEqual([placed("o-1")]);
  },

  "of one call only what is new is published": async (bench) => {
    const { topic, events } = await followFeed(bench, defineOrderFeed);
    await topic.publish(placed("o-1"), once);
    const result = await topic.publishAll([
      { event: placed("o-2"), deduplicationKey: "b" },
      { event: placed("o-3"), deduplicationKey: "request-1" },
      { event: placed("o-4") },
      { event: placed("o-5"), deduplicationKey: "a" },
      { event: placed("o-6"), deduplicationKey: "b" },
      { event: placed("o-4") },
    ]);
    expect(result).toMatchObject({ published: 4, duplicates: 2 });
    const expected = ["o-1", "o-2", "o-4", "o-5", "o-4"];
    expect(await events()).toEqual(expected.map((id) => placed(id)));
  },

  "topics do not share deduplication keys": async (bench) => {
    const one = await followFeed(bench, defineOrderFeed);
    const other = await followFeed(bench, defineOrderFeed);
    await one.topic.publish(placed("o-1"), once);
    expect((await other.topic.publish(placed("o-1"), once)).published).toBe(1);
  },

  "a key whose transaction was rolled back is free again": async (bench) => {
    const { topic, events } = await followFeed(bench, defineOrderFeed);
    const rolledBack = bench.transaction(async (tx) => {
      expect((await topic.publish(placed("o-1"), { ...once, tx })).published).toBe(1);
      expect((await topic.publish(placed("o-1"), { ...once, tx })).duplicates).toBe(1);
      throw new Error("rolls back");
    });
    await thrownBy(rolledBack, Error);
    expect((await topic.publish(placed("o-2"), once)).published).toBe(1);
    expect(await events()).toEqual([placed("o-2")]);
  },

  "a key is free again after the window": async (bench) => {
    const { topic } = await bench.topic((name) =>
      defineTopic({
        name,
        events: { Ticked: z.object({}) },
        deduplication: { seconds: 0.2 },
      }),
    );
    const event = { type: "Ticked" } as const;
    expect((await topic.publish(event, once)).published).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect((await topic.publish(event, once)).published).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 250));
    await topic.maintain();
    expect((await topic.publish(event, once)).published).toBe(1);
  },

  "of publishers at the same time one wins": needs("several connections", async (bench) => {
    const { topic, events } = await followFeed(bench, defineOrderFeed);
    for (let round = 0; round < 5; round += 1) {
      const deduplicationKey = `round-${round}`;
      const results = await Promise.all(
        Array.from({ length: 6 }, (_, at) =>
          topic.publish(placed(`o-${round}`, at), { deduplicationKey }),
        ),
      );
      expect(results.reduce((sum, { published }) => sum + published, 0)).toBe(1);
      expect(results.reduce((sum, { duplicates }) => sum + duplicates, 0)).toBe(5);
    }
    expect(await events()).toHaveLength(5);
  }),
});
