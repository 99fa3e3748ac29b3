import type { Deliver, Driver, EventId, StreamAtVersion, Streams, Writer } from "./driver.ts";
import { VersionConflict } from "./driver.ts";

// Drivers that are wrong in one way, to show that the harness would notice. None of them is wrong always.

/** An id that no writer gives out. */
const INVENTED: EventId = 2 ** 40;

/** Each mutant has victims of its own, so that one does not take them from another. */
const victims =
  (nth: number) =>
  (id: EventId): boolean =>
    id % 20 === nth;

const isDoubled = victims(1);
const isInvented = victims(2);
const isLost = victims(3);
const isForgotten = victims(4);

const delivering =
  (name: string, wrong: (deliver: Deliver) => Deliver) =>
  (driver: Driver): Driver => ({
    ...driver,
    name,
    follow: (connection, deliver, signal) => driver.follow(connection, wrong(deliver), signal),
  });

/** Delivers some events twice. */
const doubles = delivering("doubles", (deliver) => async (events, run) => {
  await deliver(events, run);
  const again = events.filter(({ id }) => isDoubled(id));
  if (again.length > 0) await deliver(again, run);
});

/** Delivers what it is given of some streams backwards. */
const inverts = delivering("inverts", (deliver) => (events, run) => {
  const isTurned = ({ stream }: { readonly stream: string }) => stream.endsWith("0");
  const turned = events.filter(isTurned).reverse();
  return deliver([...events.filter((event) => !isTurned(event)), ...turned], run);
});

/** Delivers events that nobody appended. */
const invents = delivering("invents", (deliver) => async (events, run) => {
  await deliver(
    events.flatMap((event) =>
      isInvented(event.id) ? [event, { ...event, id: INVENTED + event.id }] : [event],
    ),
    run,
  );
});

/** Leaves some events out. */
const loses = delivering("loses", (deliver) => async (events, run) => {
  await deliver(
    events.filter(({ id }) => !isLost(id)),
    run,
  );
});

const writing =
  (
    name: string,
    wrong: (stream: StreamAtVersion, again: () => Promise<StreamAtVersion>) => StreamAtVersion,
  ) =>
  (driver: Driver): Driver => {
    const readingOf = (streams: Streams) => async (stream: string) => {
      const again = () => streams.read(stream);
      return wrong(await again(), again);
    };
    return {
      ...driver,
      name,
      openWriter: async (connection) => {
        const writer = await driver.openWriter(connection);
        const { transaction } = writer;
        const mutant: Writer = { close: () => writer.close(), read: readingOf(writer) };
        if (transaction === undefined) return mutant;
        return {
          ...mutant,
          transaction: (work) => transaction((tx) => work({ ...tx, read: readingOf(tx) })),
        };
      },
    };
  };

/** Appends to whatever the stream has become, as if nobody had decided on what it was. */
const overwrites = writing("overwrites", (stream, again) => ({
  ids: stream.ids,
  append: async (ids) => {
    try {
      await stream.append(ids);
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error;
      await (await again()).append(ids);
    }
  },
}));

/** Says that it has stored some events which it has not. */
const forgets = writing("forgets", ({ ids: before, append }) => ({
  ids: before,
  append: async (ids) => {
    if (!ids.some(isForgotten)) await append(ids);
  },
}));

const all = [doubles, inverts, invents, loses, overwrites, forgets] as const;

/** One driver for each way to be wrong, and one that is wrong in every way. */
export const mutantsOf = (driver: Driver): readonly Driver[] => [
  ...all.map((mutant) => mutant(driver)),
  { ...all.reduce((made, mutant) => mutant(made), driver), name: "all-wrong" },
];
