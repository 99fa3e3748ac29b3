import { join } from "node:path";
import { annalsPool, createConsumer, createRepository } from "@annals/kysely-adapter";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { piped } from "./annals.ts";
import { migrated } from "./migrated.ts";
import { Member } from "./project/member.ts";

const cwd = join(import.meta.dirname, "project");
const { connectionString } = await testDatabase();
const db = new Kysely<unknown>({
  dialect: new PostgresDialect({ pool: annalsPool(new pg.Pool({ connectionString })) }),
});
const here = { cwd, databaseUrl: connectionString };
const members = createRepository(Member, { db });
const handled: string[] = [];
let isBroken = true;
const greeter = createConsumer(db, {
  name: "greeter",
  topics: [Member],
  retry: { attempts: 1 },
  on: {
    Joined: async ({ email }) => {
      if (isBroken) throw new Error("out of stamps");
      handled.push(email);
    },
  },
});

beforeAll(async () => {
  await migrated(db);
  await members.create({ email: "ada@example.com" });
  await members.create({ email: "bob@example.com" });
  await greeter.catchUp();
});
afterAll(() => db.destroy());

const letters = (...words: string[]) => piped(["consumers", "dead-letters", ...words], here);
const listed = async () => {
  const { stdout } = await letters("list", "greeter", "--json");
  const lines = stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as { position: number; status: string });
};

it("lists dead letters, has one tried again and passes over another", async () => {
  const { stdout } = await letters("list", "greeter");
  expect(stdout).toMatch(/^position +event +of +status +attempts +error\n/);
  expect(stdout.match(/Joined +member \S+\/1 +dead +1 +Error: out of stamps\n/g)).toHaveLength(2);
  const [first, second] = await listed();

  const unasked = await letters("redrive", "greeter");
  expect(unasked).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("Pass --yes") });
  const unclear = await letters("discard", "greeter", "--reason", "no", "--yes");
  expect(unclear).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("--position") });

  const redriven = await letters("redrive", "greeter", "--position", `${first?.position}`, "-y");
  expect(redriven.stdout).toBe("1 will be tried again.\n");
  isBroken = false;
  await greeter.catchUp();
  expect(handled).toEqual(["ada@example.com"]);

  const which = ["--position", `${second?.position}`];
  const discarded = await letters("discard", "greeter", ...which, "--reason", "moved", "-y");
  expect(discarded.stdout).toBe("1 discarded.\n");
  await greeter.catchUp();
  expect(handled).toEqual(["ada@example.com"]);
  expect((await letters("list", "greeter")).stdout).toBe("greeter has no dead letters.\n");
});
