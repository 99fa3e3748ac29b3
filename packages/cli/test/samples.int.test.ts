import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EventSamples } from "@annals/core/adapter";
import { annalsPool, createRepository } from "@annals/kysely-adapter";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { piped } from "./annals.ts";
import { migrated } from "./migrated.ts";
import { Member } from "./project/member.ts";

const database = await testDatabase();
const db = new Kysely<unknown>({
  dialect: new PostgresDialect({
    pool: annalsPool(new pg.Pool({ connectionString: database.connectionString })),
  }),
});

let cwd: string;
const file = () => join(cwd, "migrations", "annals.samples.json");
const check = (...words: string[]) =>
  piped(["check", ...words], { cwd, databaseUrl: database.connectionString });
const kept = async () => JSON.parse(await readFile(file(), "utf8")) as EventSamples;

beforeAll(async () => {
  await migrated(db);
  cwd = await mkdtemp(join(tmpdir(), "annals-samples-"));
  const source = new URL("./project/member.ts", import.meta.url).pathname;
  await writeFile(
    join(cwd, "annals.config.mjs"),
    `const { Member } = await import(${JSON.stringify(source)});
export default { entities: [Member] };`,
  );
  const members = createRepository(Member, { db });
  for (const email of ["ada@example.com", "bob@example.com"]) await members.create({ email });
});
afterAll(async () => {
  await db.destroy();
  await rm(cwd, { recursive: true });
});

describe("annals check with samples", () => {
  it("keeps one stored event of every version, and leaves kept ones alone", async () => {
    expect(await check()).toMatchObject({ exitCode: 0, stderr: "" });
    const first = await check("--update-samples");
    expect(first).toMatchObject({ exitCode: 0 });
    expect(first.stderr).toMatch(/1 sample was added to .*look them over/);
    const joined = { type: "Joined", email: "ada@example.com" };
    expect(await kept()).toEqual({ format: 1, samples: { member: [joined] } });

    const masked = { ...joined, email: "masked@example.com" };
    await writeFile(file(), JSON.stringify({ format: 1, samples: { member: [masked] } }));
    const members = createRepository(Member, { db });
    const carol = await members.create({ email: "carol@example.com" });
    carol.choose("paid");
    await members.update(carol);
    expect((await check("--update-samples")).exitCode).toBe(0);
    expect((await kept()).samples.member).toEqual([masked, { type: "PlanChosen", plan: "paid" }]);
    expect(await check("--update-samples")).toMatchObject({ exitCode: 0, stderr: "" });
  });

  it("fails at a sample that the definition cannot read", async () => {
    const stale = { type: "PlanChosen", v: 2, plan: "gold" };
    await writeFile(file(), JSON.stringify({ format: 1, samples: { member: [stale] } }));
    const { exitCode, stdout } = await check();
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/PlanChosen version 2.*\(member\)\n.*newer code/);
    expect(stdout).not.toContain("gold");
    const asJson = await check("--json");
    expect(JSON.parse(asJson.stdout)).toMatchObject({
      entity: "member",
      object: "PlanChosen version 2",
    });
  });

  it("says that a file has no samples in it", async () => {
    await writeFile(file(), "[]");
    expect(await check()).toMatchObject({ exitCode: 2 });
  });
});
