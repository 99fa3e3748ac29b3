import { expect } from "vitest";
import { contractGroup } from "../contract-case.ts";
import { defineOrderFeed, defineShortFeed, placed } from "../entities/order-feed.ts";
import { followFeed } from "../followed-feed.ts";

const numbered = (count: number, from = 1) =>
  Array.from({ length: count }, (_, at) => placed("o-1", from + at));

export const topicRetention = contractGroup("what a topic keeps", {
  "everything, unless the definition says otherwise": async (bench) => {
    const { topic, events } = await followFeed(bench, defineOrderFeed);
    await topic.publishAll(numbered(10).map((event) => ({ event })));
    const done = await topic.maintain();
    expect(done).toMatchObject({ ran: true, closed: false, dropped: [], held: undefined });
    expect(await events()).toEqual(numbered(10));
  },

  "whole partitions, the oldest going first": async (bench) => {
    const { topic, events } = await followFeed(bench, defineShortFeed);
    for (let round = 0; round < 4; round += 1) {
      for (const event of numbered(3, 3 * round + 1)) await topic.publish(event);
      await topic.maintain({ pastConsumers: true });
    }
    // Three partitions of three are closed; with the younger one, three events are kept.
    expect(await events()).toEqual(numbered(3, 10));
    await topic.publish(placed("o-1", 13));
    const again = await topic.maintain({ pastConsumers: true });
    expect(again).toMatchObject({ closed: false, dropped: [] });
    expect(await events()).toEqual([...numbered(3, 10), placed("o-1", 13)]);
  },

  "what a consumer still needs": async (bench) => {
    const { definition, topic, consumer, deliveries, events } = await followFeed(
      bench,
      defineShortFeed,
    );
    await topic.publish(placed("o-1", 1));
    await consumer().catchUp();
    for (const event of numbered(5, 2)) await topic.publish(event);
    await topic.maintain();
    for (const event of numbered(3, 7)) await topic.publish(event);
    const held = await topic.maintain();
    expect(held.dropped).toEqual([]);
    expect(held.held).toMatchObject({ consumers: [definition.name], isOpen: false });
    expect(deliveries).toHaveLength(1);
    await consumer().catchUp();
    expect(deliveries.map(({ event }) => event)).toEqual(numbered(9));

    const done = await topic.maintain();
    expect(done.held).toBeUndefined();
    expect(done.dropped).toMatchObject([{ events: 6, passedConsumers: [] }]);
    expect(await events()).toEqual(numbered(3, 7));
  },

  "not even that when it is told so": async (bench) => {
    const { definition, topic, consumer, deliveries } = await followFeed(bench, defineShortFeed);
    await topic.publish(placed("o-1", 1));
    await consumer().catchUp();
    for (const event of numbered(2, 2)) await topic.publish(event);
    await topic.maintain();
    for (const event of numbered(3, 4)) await topic.publish(event);
    const done = await topic.maintain({ pastConsumers: true });
    expect(done.dropped).toMatchObject([
      { partition: 1, events: 3, passedConsumers: [definition.name] },
    ]);
    await consumer().catchUp();
    expect(deliveries.map(({ event }) => event)).toEqual([placed("o-1", 1), ...numbered(3, 4)]);
  },
});
