import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { annalsPool, createRepository } from "@annals/kysely-adapter";
import { defineContext } from "@annals/kysely-adapter/context";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { asProcess, inTerminal, piped } from "./annals.ts";
import { migrated } from "./migrated.ts";
import { Member } from "./project/member.ts";

const cwd = join(import.meta.dirname, "project");
const opened: Kysely<unknown>[] = [];
const freshDatabase = async () => {
  const { connectionString } = await testDatabase();
  const pool = annalsPool(new pg.Pool({ connectionString }));
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  opened.push(db);
  await migrated(db);
  return { db, here: { cwd, databaseUrl: connectionString } };
};

const source = await freshDatabase();
const folder = await mkdtemp(join(tmpdir(), "annals-histories-"));
const file = join(folder, "members.jsonl");
let exported: string;

beforeAll(async () => {
  const context = defineContext(z.object({ note: z.string() }));
  const members = createRepository(Member, { db: source.db, context });
  await members.createAll(
    Array.from({ length: 1_200 }, (_, at) => ({ email: `m${at}@example.com` })),
  );
  const noted = <Result>(note: string, work: () => Promise<Result>) =>
    context.withContext({ note }, work);
  const ada = await noted('the "first"\nü', () => members.create({ email: "ada@example.com" }));
  ada.choose("paid");
  await noted("the second", () => members.update(ada));
  const gone = await members.create({ email: "gone@example.com" });
  await members.delete(gone);
  // Whose email is free again.
  await members.create({ email: "gone@example.com" });
  // As another writer may store it: times of its own, and numbers that JavaScript would spell otherwise.
  await sql`with w as (insert into members (id, created_at, version, email, plan)
      values ('0198a000-0000-7000-8000-000000000001', '2020-02-29 10:00:00.123+00', 2, 'old@example.com', 'paid')
      returning id)
    select member_events_insert((select array_agg(id) from w),
      '[{"id":"0198a000-0000-7000-8000-000000000001","sequence":1,"event":{"type":"Joined","email":"old@example.com"}},
        {"id":"0198a000-0000-7000-8000-000000000001","sequence":2,"event":{"type":"PlanChosen","plan":"paid"}}]',
      '{"n": 1.50}', '2020-02-29 10:00:00.123+00')`.execute(source.db);
  const { exitCode, stderr } = await piped(["export", "--out", file], source.here);
  expect({ exitCode, stderr }).toEqual({
    exitCode: 0,
    stderr: `member: 1204 exported\nWrote ${file}\n`,
  });
  exported = await readFile(file, "utf8");
});
afterAll(async () => {
  await Promise.all(opened.map((db) => db.destroy()));
  await rm(folder, { recursive: true });
});

interface History {
  readonly id: string;
  readonly events: readonly object[];
}

const line = (email: string): string =>
  exported.split("\n").find((one) => one.includes(email)) as string;

const countOf = async (db: Kysely<unknown>): Promise<number> => {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from members`.execute(
    db,
  );
  return rows[0]?.count ?? 0;
};

describe("annals export", () => {
  it("writes one entity a line, with its events as they are stored", () => {
    const parsed = exported
      .trimEnd()
      .split("\n")
      .map((one) => JSON.parse(one));
    expect(parsed).toHaveLength(1_204);
    expect(line("old@example.com")).toBe(
      `{"entity":"member","id":"0198a000-0000-7000-8000-000000000001","version":2,"events":[` +
        `{"sequence":1,"recordedAt":"2020-02-29T10:00:00.123Z","event":{"type": "Joined", "email": "old@example.com"},"context":{"n": 1.50}},` +
        `{"sequence":2,"recordedAt":"2020-02-29T10:00:00.123Z","event":{"plan": "paid", "type": "PlanChosen"},"context":{"n": 1.50}}]}`,
    );
  });

  it("writes to the standard output, and nothing else there", async () => {
    const { stdout } = await piped(["export", "member"], source.here);
    expect(stdout).toBe(exported);
  });

  it("writes over a file only when that is meant, and leaves no half one", async () => {
    const refused = await piped(["export", "--out", file], source.here);
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("Pass --yes") });
    const stop = new AbortController();
    stop.abort();
    const stopped = join(folder, "stopped.jsonl");
    const { exitCode, stderr } = await piped(["export", "--out", stopped], {
      ...source.here,
      signal: stop.signal,
    });
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("Stopped"),
    });
    expect((await readdir(folder)).filter((name) => name.startsWith("stopped"))).toEqual([]);
  });
});

describe("annals import", () => {
  it("brings everything back, so that an export of it is the same to the byte", async () => {
    const target = await freshDatabase();
    const { exitCode, stdout } = await piped(["import", file, "--yes"], target.here);
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: "1204 imported, 0 were there already, 0 refused\n",
    });
    expect((await piped(["export"], target.here)).stdout).toBe(exported);
    expect((await piped(["verify"], target.here)).exitCode).toBe(0);
    expect((await piped(["check"], target.here)).exitCode).toBe(0);
    const order = await sql`select 1 from (
      select sequence - lag(sequence) over (partition by id order by position) as step from member_events
    ) steps where step <> 1`.execute(target.db);
    expect(order.rows).toEqual([]);

    const again = await piped(["import", file, "--yes", "--json"], target.here);
    expect(JSON.parse(again.stdout)).toEqual({
      imported: 0,
      present: 1_204,
      refused: 0,
      finished: true,
    });
  });

  it("goes on where it was stopped", async () => {
    const target = await freshDatabase();
    const half = exported.split("\n").slice(0, 700);
    await piped(["import", "-", "--yes"], { ...target.here, input: half.join("\n") });
    const { exitCode, stdout } = await piped(["import", file, "--yes"], target.here);
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: "504 imported, 700 were there already, 0 refused\n",
    });
  });

  it("asks first, and writes nothing in a dry run", async () => {
    const target = await freshDatabase();
    const unasked = await piped(["import", file], target.here);
    expect(unasked).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("Pass --yes") });
    const refused = await inTerminal(["import", file], target.here, [{ when: /\?/, type: "n" }]);
    expect(refused).toMatchObject({ exitCode: 2, screen: expect.stringContaining("Nothing was") });
    const dry = await piped(["import", file, "--dry-run"], target.here);
    expect(dry.stdout).toContain("1204 would be imported");
    expect(await countOf(target.db)).toBe(0);
    const agreed = await inTerminal(["import", file], target.here, [{ when: /\?/, type: "y" }]);
    expect(agreed).toMatchObject({ exitCode: 0, screen: expect.stringContaining("1204 imported") });
    expect(await countOf(target.db)).toBe(1_204);
  });

  it("lists what it refuses with its line and reason, and takes in the rest", async () => {
    const target = await freshDatabase();
    const ada = line("ada@example.com");
    const changed = (change: (history: History) => unknown): string =>
      JSON.stringify(change(JSON.parse(line("m7@example.com"))));
    const withEvent = (event: object): string =>
      changed((one) => ({ ...one, events: [{ ...one.events[0], event }] }));
    const id = "0198a000-0000-7000-8000-00000000000";
    const input = [
      ada,
      "{ not json",
      changed((one) => ({ ...one, entity: "order" })),
      changed((one) => ({ ...one, id: "ada" })),
      changed((one) => ({ ...one, version: 2 })),
      changed((one) => ({ ...one, events: [] })),
      withEvent({ type: "Vanished" }),
      withEvent({ type: "Joined", email: "no email" }),
      withEvent({ type: "Joined", email: "x@example.com", secret: "s3cret" }),
      withEvent({ type: "PlanChosen", plan: "paid" }),
      changed((one) => ({
        ...one,
        events: [{ ...one.events[0], recordedAt: "today" }],
      })),
      changed((one) => ({ ...one, events: [{ ...one.events[0], sequence: 3 }] })),
      changed((one) => ({ ...one, events: [{ ...one.events[0], context: "c" }] })),
      "",
      ada.replace(JSON.parse(ada).id, `${id}7`),
      ada.replace('"plan": "paid"', '"plan": "free"'),
      line("m8@example.com"),
    ];
    const { exitCode, stdout } = await piped(["import", "-", "--yes"], {
      ...target.here,
      input: input.join("\n"),
    });
    expect(exitCode).toBe(1);
    expect(stdout.replaceAll(/"[0-9a-f-]{36}"/g, "…")).toMatchInlineSnapshot(`
      "✗ line 2: it is no JSON object
      ✗ line 3: its entity is none of the definitions'
      ✗ line 4: its id is no id of this entity
      ✗ line 5: its version is not the number of its events, which is 1
      ✗ line 6: it has no events
      ✗ line 7: Event 1 of … in member_events cannot be read: type: the definition has no event "Vanished"
      ✗ line 8: Event 1 of … in member_events cannot be read: email: Invalid email address
      ✗ line 9: event 1: secret: is not a field of the event
      ✗ line 10: its state does not fit: email: Invalid input: expected string, received undefined
      ✗ line 11: event 1: recordedAt is no time such as 2026-03-01T12:00:00.000Z
      ✗ line 12: event 1: its sequence is not 1
      ✗ line 13: event 1: its context is neither an object nor null
      ✗ line 15: another entity has its email
      ✗ line 16: it is there already with another history, at version 2
      2 imported, 0 were there already, 14 refused
      "
    `);
    expect(stdout).not.toContain("s3cret");
    expect(await countOf(target.db)).toBe(2);
    expect((await piped(["verify"], target.here)).exitCode).toBe(0);
  });

  it("keeps fields that the definition has not, when it is told to", async () => {
    const target = await freshDatabase();
    const odd = line("m9@example.com").replace('"type"', '"nick": "nine", "type"');
    const with9 = { ...target.here, input: odd };
    expect((await piped(["import", "-", "--yes"], with9)).exitCode).toBe(1);
    const kept = await piped(["import", "-", "--yes", "--keep-unknown-fields"], with9);
    expect(kept.exitCode).toBe(0);
    expect((await piped(["export"], target.here)).stdout).toContain('"nick": "nine"');
  });

  it("says when there is nothing to read", async () => {
    expect(await asProcess(["import", "none.jsonl", "--yes"], source.here)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("none.jsonl cannot be read"),
    });
    await writeFile(join(folder, "empty.jsonl"), "");
    const empty = await asProcess(["import", join(folder, "empty.jsonl"), "-y"], source.here);
    expect(empty).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^0 imported/) });
  });
});
