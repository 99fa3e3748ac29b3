import { execFile } from "node:child_process";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { main } from "./annals.ts";
import { migrated } from "./migrated.ts";

// What goes over a whole database runs in a heap that the data would not fit into.
const TIMEOUT_MS = 180_000;

const HEAP_MB = 120;
const ENTITIES = 10_000;
const EVENT_BYTES = 20_000;

const cwd = join(import.meta.dirname, "project");
const open = (connectionString: string) =>
  new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString }) }),
  });
const source = (await testDatabase()).connectionString;
const target = (await testDatabase()).connectionString;
const folder = await mkdtemp(join(tmpdir(), "annals-memory-"));
const file = join(folder, "members.jsonl");

beforeAll(async () => {
  const [from, to] = [open(source), open(target)];
  await migrated(from);
  await migrated(to);
  // Events with a field that the definition does not name any more, which is read all the same.
  await sql`
    with w as (
      insert into members (id, created_at, version, email, plan)
      select gen_random_uuid(), '2026-01-01', 1, n || '@example.com', 'free'
      from generate_series(1, ${ENTITIES}::int) n returning id, email
    )
    select member_events_insert(array_agg(id), json_agg(json_build_object('id', id, 'sequence', 1, 'event',
      json_build_object('type', 'Joined', 'email', email, 'note', repeat('x', ${EVENT_BYTES}::int)))), null, '2026-01-01')
    from (select *, row_number() over () % 80 as part from w) parts group by part`.execute(from);
  await sql`analyze members, member_events`.execute(from);
  await Promise.all([from.destroy(), to.destroy()]);
});
afterAll(() => rm(folder, { recursive: true }));

interface Ended {
  readonly exitCode: number;
  readonly output: string;
}

const inSmallHeap = (args: readonly string[], databaseUrl = source): Promise<Ended> =>
  new Promise((resolve) => {
    const { FORCE_COLOR: _, NODE_OPTIONS: __, ...env } = process.env;
    const child = execFile(
      process.execPath,
      [`--max-old-space-size=${HEAP_MB}`, ...args],
      { cwd, env: { ...env, DATABASE_URL: databaseUrl } },
      (___, stdout, stderr) =>
        resolve({ exitCode: child.exitCode ?? -1, output: stdout + stderr.slice(-1_000) }),
    );
  });

const annals = (words: readonly string[], databaseUrl?: string): Promise<Ended> =>
  inSmallHeap(["--conditions=@annals/source", main, ...words], databaseUrl);

it.each([
  [["verify"], /member: 10000 compared, 0 differ/],
  [["rebuild", "--yes"], /member: 10000 looked at, 0 changed/],
  [["check", "--database"], /member: 10000 events read, 0 cannot be/],
  [["export", "--out", file], /member: 10000 exported/],
] as const)(
  "annals %j needs no more memory for more data",
  async (words, expected) => {
    expect(await annals(words)).toEqual({
      exitCode: 0,
      output: expect.stringMatching(expected),
    });
  },
  TIMEOUT_MS,
);

it(
  "annals import needs no more memory for a larger file, which would not fit",
  async () => {
    const { size } = await stat(file);
    expect(size).toBeGreaterThan(1.5 * HEAP_MB * 1024 * 1024);
    const words = ["import", file, "--yes", "--keep-unknown-fields"];
    expect(await annals(words, target)).toEqual({
      exitCode: 0,
      output: expect.stringMatching(/10000 imported, 0 were there already, 0 refused/),
    });
    const whole = `require("fs").readFileSync(${JSON.stringify(file)}, "utf8").split("\\n").map((line) => line && JSON.parse(line))`;
    expect((await inSmallHeap(["-e", whole])).exitCode).not.toBe(0);
  },
  TIMEOUT_MS,
);
