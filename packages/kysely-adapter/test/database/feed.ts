import { binary, defineTopic } from "@annals/core";
import * as z from "zod";

const events = {
  Noted: z.object({ key: z.string(), n: z.int() }),
  Erased: z.object({ key: z.string() }),
  Drawn: z.object({ key: z.string(), image: binary() }),
};

/** A topic with everything that a topic can have, in small partitions. */
export const Feed = defineTopic({
  name: "feed",
  events,
  key: ({ key }) => key,
  partitions: { events: 10, span: { days: 7 } },
  retention: { events: 10, age: { days: 30 }, bytes: 1_000_000_000 },
  compaction: { deletedBy: ["Erased"] },
});

/** A topic that changes hands quickly, without anything that costs its publishers. */
export const Stream = defineTopic({
  name: "stream",
  events: { Noted: events.Noted },
  key: ({ key }) => key,
  partitions: { events: 40 },
  retention: { events: 80 },
});

/** A topic that is kept by its age. */
export const Brief = defineTopic({
  name: "brief",
  events: { Noted: events.Noted },
  key: ({ key }) => key,
  partitions: { span: { seconds: 0.1 } },
  retention: { age: { seconds: 3 } },
});

/** A topic that is kept by its size on disk, which is above this from the first event on. */
export const Small = defineTopic({
  name: "small",
  events: { Noted: events.Noted },
  partitions: { events: 1 },
  retention: { bytes: 1 },
});

export const noted = (key: string, n = 0) => ({ type: "Noted", key, n }) as const;
