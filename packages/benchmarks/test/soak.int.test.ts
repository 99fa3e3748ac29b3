import { testDatabase } from "@annals/testing/vitest";
import { describe, expect, test } from "vitest";
import { readHere } from "../src/soak/reader.ts";
import { soakText } from "../src/soak/report.ts";
import type { SoakEvent } from "../src/soak/run-of.ts";
import { soak } from "../src/soak/soak.ts";
import type { SoakOptions } from "../src/soak/soak-options.ts";

const options: SoakOptions = {
  ...{ events: 6_000, offeredPerSecond: 3_000, writers: 2, slots: 3, entities: 60 },
  ...{ sampleMs: 100, quietMs: 20_000 },
};

const CLEAN = { leftOut: 0, doubled: 0, outOfOrder: 0, unlike: 0 };

test("both consumers handle every event once and in order", async () => {
  const { connectionString } = await testDatabase();
  const report = await soak(connectionString, options);
  expect(report).toMatchObject({ written: 6_000, stored: 6_000 });
  expect(report.entities).toBeGreaterThanOrEqual(6_000 / 50);
  // Due in two seconds, and not before.
  expect(report.seconds).toBeGreaterThan(1.9);
  expect(report.readers.map(({ name, slots }) => ({ name, slots }))).toEqual([
    { name: "apart", slots: 3 },
    { name: "in-process", slots: 1 },
  ]);
  for (const reader of report.readers) {
    expect(reader).toMatchObject({ handled: 6_000, ...CLEAN });
    expect(reader.samples.length).toBeGreaterThan(1);
    for (const { heapMb, rssMb } of reader.samples) expect(rssMb).toBeGreaterThan(heapMb);
  }
  // Memory says nothing in so short a time.
  expect(report.flaws.filter((flaw) => !flaw.endsWith("grows"))).toEqual([]);
  expect(soakText(report)).toMatch(/in-process, with the writers +1 +6,000 +0 +0 +0 +0\n/);
});

describe("as fast as it goes, with a consumer that errs once", () => {
  const erring = async (pass: (events: readonly SoakEvent[]) => readonly SoakEvent[]) => {
    const { connectionString } = await testDatabase();
    const quick = { ...options, events: 2_000, offeredPerSecond: 0, quietMs: 500 };
    const report = await soak(connectionString, quick, async (database) => [
      await readHere(database, { name: "erring", slots: 1 }, pass),
    ]);
    return { report, reader: report.readers[0] };
  };
  const isVictim = ({ number }: SoakEvent): boolean => number === 1_234;

  test("an event that is left out is found", async () => {
    const { report, reader } = await erring((events) => events.filter((one) => !isVictim(one)));
    expect(reader).toMatchObject({ handled: 1_999, leftOut: 1, doubled: 0, unlike: 1 });
    expect(report.flaws).toContain("erring: 1 events left out");
    expect(soakText(report)).toContain("✗ erring: 1 entities are not what is stored");
  });

  test("an event that is doubled is found", async () => {
    const { report, reader } = await erring((events) =>
      events.flatMap((one) => (isVictim(one) ? [one, one] : [one])),
    );
    expect(reader).toMatchObject({ handled: 2_001, leftOut: 0, doubled: 1, unlike: 1 });
    expect(reader?.outOfOrder).toBeGreaterThan(0);
    expect(report.flaws).toContain("erring: 1 events doubled");
  });

  test("an event that is taken for another one is found", async () => {
    const { report, reader } = await erring((events) =>
      events.map((one) => (isVictim(one) ? { ...one, number: 1 } : one)),
    );
    expect(reader).toMatchObject({ handled: 2_000, leftOut: 0, doubled: 0, unlike: 1 });
    expect(report.flaws).toContain("erring: 1 entities are not what is stored");
  });
});
