import { type AnyPublishedTopic, defineTopic } from "@annals/core";
import * as z from "zod";

const Posted = z.object({ board: z.string(), text: z.string() });
const Removed = z.object({ board: z.string() });
const board = (event: { board: string }): string => event.board;

/** A topic as it was first deployed. */
export const Bulletin = defineTopic({
  name: "bulletin",
  events: { Posted, Removed },
  key: board,
  partitions: { events: 1_000 },
});

const wider = { Posted: Posted.extend({ by: z.string().optional() }), Removed };
const topic = (literal: Parameters<typeof defineTopic>[0]): AnyPublishedTopic =>
  defineTopic(literal) as unknown as AnyPublishedTopic;

/** What a team makes of it later. */
export const variants: Readonly<Record<string, readonly AnyPublishedTopic[]>> = {
  first: [Bulletin as unknown as AnyPublishedTopic],
  narrower: [
    topic({
      name: "bulletin",
      events: { Posted: Posted.extend({ urgent: z.boolean() }), Removed },
    }),
  ],
  withoutRemoved: [topic({ name: "bulletin", events: { Posted } })],
  // Partitions and retention are in no table.
  wider: [
    topic({
      name: "bulletin",
      events: wider,
      partitions: { events: 5 },
      retention: { age: { days: 30 } },
    }),
  ],
  compacted: [topic({ name: "bulletin", events: wider, compaction: true })],
  deleting: [topic({ name: "bulletin", events: wider, compaction: { deletedBy: ["Removed"] } })],
  none: [],
};
