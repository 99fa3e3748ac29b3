import { expect, it } from "vitest";
import { startGround } from "./adversarial/ground.ts";
import { chosenBinaries, noOwnServer } from "./adversarial/own-server.ts";
import { crowd } from "./crowd/crowd.ts";
import { migrate } from "./database/open.ts";
import { Resident } from "./database/resident.ts";

const CLIENTS = 200;
const skipped = noOwnServer();

/** `STRESS_MS` makes it longer; test/crowd/soak.ts repeats it. */
const ms = Number(process.env.STRESS_MS ?? 8_000);

it.skipIf(skipped !== undefined).each([true, false])(
  `two hundred clients at once lose no update, and every loser is told; gathered: %s ${skipped ?? ""}`,
  async (coalesce) => {
    const server = await startGround({
      binaries: chosenBinaries(),
      settings: { max_connections: String(CLIENTS + 20) },
    });
    try {
      const { connectionString } = await server.createDatabase();
      await migrate(connectionString, [Resident]);
      const verdict = await crowd({ connectionString, seed: 1, clients: CLIENTS, ms, coalesce });
      expect(verdict).toMatchObject({
        miscounted: [],
        lostUpdates: [],
        unlikeFold: 0,
        compared: verdict.entities,
        doubled: 0,
        misfound: 0,
      });
      // Of everything that can be done, something was, and both kinds of losers were there.
      expect(Object.entries(verdict.done).filter(([, count]) => count === 0)).toEqual([]);
      expect(verdict.refused.ConcurrentModificationError).toBeGreaterThan(0);
      expect(verdict.refused.DuplicateValueError).toBeGreaterThan(0);
    } finally {
      await server.stop();
    }
  },
  ms + 120_000,
);
