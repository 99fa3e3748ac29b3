import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AnyEntity } from "@annals/core";
import {
  annalsPool,
  checkSchema,
  createRepository,
  createTopic,
  migrate,
  rebuild,
  verify,
} from "@annals/kysely-adapter";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { piped, type Ran } from "./annals.ts";
import { versions } from "./evolution/versions.ts";

let root: string;
let folder: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "annals-evolution-"));
  folder = join(root, "migrations");
});
afterAll(() => rm(root, { recursive: true }));

/** Runs `annals generate` for one version of the project. */
const generate = async (version: number, ...options: readonly string[]): Promise<Ran> => {
  const config = join(root, `v${version}.config.mjs`);
  const source = new URL("./evolution/versions.ts", import.meta.url).pathname;
  await writeFile(
    config,
    `const { versions } = await import(${JSON.stringify(source)});
export default { ...versions[${version}], migrations: ${JSON.stringify(folder)} };`,
  );
  return piped(["generate", "--config", config, ...options], { cwd: root });
};

/** How many migration files there are after each version was generated. */
const filesAt: number[] = [];

describe("annals generate", () => {
  it("writes what each of ten changes needs, and asks for the destructive ones by name", async () => {
    for (const [version, { named = [] }] of versions.entries()) {
      if (named.length > 0) {
        const refused = await generate(version);
        expect(refused).toMatchObject({ exitCode: 2, stdout: "" });
        expect(refused.stderr).toContain(named.join(" "));
        expect(await readdir(folder)).toHaveLength((filesAt.at(-1) ?? 0) + 1);
      }
      const written = await generate(version, ...named);
      expect(written).toMatchObject({ exitCode: 0, stderr: "" });
      // One of them is the lock.
      filesAt.push((await readdir(folder)).length - 1);
      const again = await generate(version);
      expect(again.stdout).toBe("The migrations make all that the definitions need.\n");
    }
    // The three steps of a new column, as they are reviewed.
    for (const step of [
      "0002_member_column_name_added_expand",
      "0003_member_column_name_added_contract",
    ]) {
      const text = await readFile(join(folder, `${step}.sql`), "utf8");
      await expect(text).toMatchFileSnapshot(`./evolution/migrations/${step}.sql`);
    }
  });

  it("leads from each version to the next while the old code writes on", async () => {
    const { db, connectionString } = await openEmpty();
    try {
      await migrateTo(db, 0);
      for (const version of versions.keys()) {
        const member = memberOf(version);
        await write(connectionString, member, `of ${version}`);
        await publish(connectionString, version);
        if (version === versions.length - 1) break;
        const stop = keepWriting(connectionString, member);
        const isDivided = (filesAt[version + 1] ?? 0) - (filesAt[version] ?? 0) === 2;
        // What goes away, goes when no old code is left.
        if (!isDivided) await stop();
        await migrateTo(db, version + 1).catch(refusedUntilFilled);
        if (isDivided) expect(await stop()).toBeGreaterThan(0);
        const next = versions[version + 1]?.entities ?? [];
        if (isDivided) {
          // The new code writes beside the rebuild.
          const stopNew = keepWriting(connectionString, memberOf(version + 1));
          for (const entity of next) await rebuild(db, entity, { batchSize: 3 });
          await stopNew();
          for (const entity of next) await rebuild(db, entity);
          await migrateTo(db, version + 1);
        }
        await expectClean(db, version + 1);
      }
      const { rows } = await sql`select key from news_latest order by 1`.execute(db);
      expect(rows.length).toBeGreaterThan(4);
    } finally {
      await db.destroy();
    }
  }, 120_000);

  it.each([...versions.keys()])("leads from version %i to the newest", async (version: number) => {
    const { db, connectionString } = await openEmpty();
    try {
      await migrateTo(db, version);
      const old = memberOf(version);
      for (const name of ["a", "b", "c"]) await write(connectionString, old, name);
      await publish(connectionString, version);
      for (let isDone = false; !isDone; ) {
        isDone = await migrateTo(db, versions.length - 1).then(() => true, refusedUntilFilled);
        if (!isDone) await rebuild(db, memberOf(versions.length - 1));
      }
      await expectClean(db, versions.length - 1);
      await write(connectionString, memberOf(versions.length - 1), "after");
      await publish(connectionString, versions.length - 1);
      await expectClean(db, versions.length - 1);
    } finally {
      await db.destroy();
    }
  });
});

interface Opened {
  readonly db: Kysely<unknown>;
  readonly connectionString: string;
}

const open = (connectionString: string): Kysely<unknown> => {
  const pool = annalsPool(new pg.Pool({ connectionString }));
  return new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
};

const openEmpty = async (): Promise<Opened> => {
  const { connectionString } = await testDatabase();
  return { db: open(connectionString), connectionString };
};

const memberOf = (version: number): AnyEntity => versions[version]?.entities[0] as AnyEntity;

/** Applies the migrations up to a version. */
const migrateTo = async (db: Kysely<unknown>, version: number): Promise<void> => {
  const files = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  const until = await mkdtemp(join(root, "until-"));
  for (const file of files.slice(0, filesAt[version])) {
    await copyFile(join(folder, file), join(until, file));
  }
  await migrate(db, { folder: until });
};

/** Takes a migration's refusal while rows are not filled, and nothing else. */
const refusedUntilFilled = (error: unknown): false => {
  expect(error).toMatchObject({
    code: "ANNALS_MIGRATION_FAILED",
    cause: { message: expect.stringContaining("is not filled in every row") },
  });
  return false;
};

const expectClean = async (db: Kysely<unknown>, version: number): Promise<void> => {
  const { entities = [], topics = [] } = versions[version] ?? {};
  expect(await checkSchema(db, [...entities, ...topics])).toEqual([]);
  for (const { plan } of topics) {
    if (plan.compaction === undefined) continue;
    const { deletedBy } = plan.compaction;
    const { rows } = await sql<{ kept: unknown; stored: unknown }>`select
      (select json_agg(l.position order by l.key) from news_latest l) as kept,
      (select json_agg(e.position order by e.key) from (
        select distinct on (key) key, position, event_type from news_events order by key, position desc
      ) e where e.event_type <> all (${deletedBy}::text[])) as stored`.execute(db);
    expect(rows[0]?.kept).toEqual(rows[0]?.stored);
  }
  for (const entity of entities) {
    expect(await verify(db, entity)).toMatchObject({ differing: 0, skipped: 0 });
  }
};

let written = 0;

/** Publishes about some keys, and withdraws the last one. */
const publish = async (connectionString: string, version: number): Promise<void> => {
  for (const definition of versions[version]?.topics ?? []) {
    const db = open(connectionString);
    const topic = createTopic(definition, { db });
    for (const n of [1, 2, 3]) {
      for (const about of ["a", "b", `only ${version}`, "gone"]) {
        await topic.publish({ type: "Told", about, n } as never);
      }
    }
    await topic.publish({ type: "Withdrawn", about: "gone" } as never);
    await db.destroy();
  }
};

/** Creates members and changes them, with one version's code, as a process of its own would. */
const withCode = async (
  connectionString: string,
  member: AnyEntity,
  work: (write: (name: string) => Promise<void>) => Promise<void>,
): Promise<void> => {
  const db = open(connectionString);
  const members = createRepository(member, { db });
  try {
    await work(async (name) => {
      written += 1;
      const made = await members.create({ email: `${written}@example.com`, name } as never);
      (made as unknown as { score(points: number): void }).score(written);
      await members.update(made);
    });
  } finally {
    await db.destroy();
  }
};

const write = (connectionString: string, member: AnyEntity, name: string): Promise<void> =>
  withCode(connectionString, member, (once) => once(name));

/** Writes until told to stop; then says how often it wrote. */
const keepWriting = (connectionString: string, member: AnyEntity): (() => Promise<number>) => {
  let isOver = false;
  let count = 0;
  const writing = withCode(connectionString, member, async (once) => {
    for (; !isOver; count += 1) await once("meanwhile");
  });
  // Told to whoever stops it; not before, when nobody listens.
  writing.catch(() => {});
  return async () => {
    isOver = true;
    await writing;
    return count;
  };
};
