import { backendCrash, serverCrash } from "@annals/faults";
import type { EmbeddedServer } from "@annals/testing/postgres";
import { type Kysely, sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { replay } from "../src/index.ts";
import { Account, Order, type Tables } from "./adversarial/entities.ts";
import { connect, createTestDatabase, startGround } from "./adversarial/ground.ts";
import { chosenBinaries, noOwnServer } from "./adversarial/own-server.ts";
import { Writing } from "./adversarial/session.ts";

const skipped = noOwnServer();

type Fault = (server: EmbeddedServer, db: Kysely<Tables>) => Promise<unknown>;

const lostConnections: Fault = (_, db) =>
  sql`select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and application_name = 'replay'`.execute(db);

const faults: [string, Fault][] = [
  ["lost connections", lostConnections],
  ["a crash of one backend", backendCrash],
  ["a crash of the server", serverCrash],
];

describe.skipIf(skipped !== undefined)(`a replay ${skipped ?? ""}`, { timeout: 60_000 }, () => {
  let server: EmbeddedServer;
  let writing: Writing;
  let db: Kysely<Tables>;
  let reading: Kysely<Tables>;
  beforeAll(async () => {
    server = await startGround({ binaries: chosenBinaries() });
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    const connectionString = await createTestDatabase(server);
    db = connect(connectionString);
    reading = connect(connectionString, { max: 2, name: "replay" });
    writing = new Writing(db);
  });
  afterEach(async () => {
    await writing.close();
    await Promise.all([db.destroy(), reading.destroy()]);
  });

  it.each(faults)("hands every event over once and in order despite %s", async (_, fault) => {
    const accounts = await Promise.all(
      Array.from({ length: 20 }, (__, at) => writing.newAccount(`account-${at}`)),
    );
    for (let round = 0; round < 40; round += 1) {
      await Promise.all(accounts.map((account) => writing.deposit(account)));
      await writing.orders.create();
    }
    const written = 20 + 40 * 21;
    const positions: number[] = [];
    const { events, position } = await replay(reading, {
      topics: [Account, Order],
      batch: {
        size: 50,
        handle: async (handed) => {
          positions.push(...handed.map(({ meta }) => meta.position));
          // Between two batches, while nothing of it runs: the next reading finds another world.
          if (positions.length % 250 === 0) await fault(server, db);
        },
      },
    });
    expect(positions).toHaveLength(written);
    expect(new Set(positions).size).toBe(written);
    expect(positions).toEqual(positions.toSorted((one, other) => one - other));
    expect({ events, position }).toEqual({ events: written, position: positions.at(-1) });
  });
});
