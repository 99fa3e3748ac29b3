import type { EmbeddedServer } from "@annals/testing/postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGround } from "./adversarial/ground.ts";
import { FLAWLESS } from "./adversarial/judge.ts";
import { chosenBinaries, noOwnServer } from "./adversarial/own-server.ts";
import { type StressReport, stress } from "./adversarial/stress.ts";

const skipped = noOwnServer();

// Any seed must do; `adversarial/soak.ts` tries as many as one likes.
const SEED = 20_240_611;

describe.skipIf(skipped !== undefined)(`consumers of a busy topic ${skipped ?? ""}`, () => {
  let server: EmbeddedServer;
  let report: StressReport;
  beforeAll(async () => {
    const settings = { deadlock_timeout: "50ms" };
    server = await startGround({ binaries: chosenBinaries(), settings });
    report = await stress({ server, seed: SEED, ms: 12_000 });
  }, 120_000);
  afterAll(() => server?.stop());

  it("are under the load that they are meant to survive", () => {
    expect(report.committed).toBeGreaterThan(5_000);
    expect(report.drawn).toBeGreaterThan(report.committed);
    expect(report.terminated).toBeGreaterThan(10);
    const happened = [...report.tally.keys()];
    expect(happened).toEqual(expect.arrayContaining(["alone", "several", "savepoints", "prepare"]));
    expect(happened).toEqual(expect.arrayContaining(["ANNALS_CONCURRENT_MODIFICATION"]));
  });

  it.each(["orders-by-1", "accounts-by-7", "orders-by-100", "accounts-by-1000"])(
    "%s is given every committed event once and in order",
    (name) => {
      const follower = report.followers.find((each) => each.name === name);
      expect(follower).toMatchObject({
        ...FLAWLESS,
        skipped: 0,
        unknown: 0,
        checkpointBehind: 0,
        delivered: follower?.events,
      });
    },
  );

  it("are held up by no unrelated transaction, which is open all the while", () => {
    // A stall would last until the crash, which is after four seconds.
    expect(report.maxLagMs).toBeLessThan(3_000);
  });

  it("would lose events by reading whatever is visible", () => {
    expect(report.naiveLost).toBeGreaterThan(0);
  });
});
