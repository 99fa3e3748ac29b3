import { InvalidContextError } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import { afterAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { defineContext } from "../src/context.ts";
import { createConsumer, createRepository, transaction } from "../src/index.ts";
import { Account } from "./database/account.ts";
import { migrate, openDatabase } from "./database/open.ts";

const { connectionString } = await testDatabase({
  name: "accounts",
  migrate: (url) => migrate(url, [Account]),
});
const db = openDatabase(connectionString);
afterAll(() => db.destroy());

const context = defineContext(z.object({ actor: z.string(), reason: z.string().optional() }));
const accounts = createRepository(Account, { db, context });

const stored = async (id: string): Promise<unknown[]> => {
  const { rows } = await sql<{ context: unknown }>`
    select context from account_events where id = ${id} order by sequence`.execute(db);
  return rows.map((row) => row.context);
};

describe("the context column", () => {
  it("has what was current when each event was stored", async () => {
    const ada = await context.withContext({ actor: "ada", correlationId: "r1" }, async () => {
      const made = await accounts.create({ email: "ada@example.com" });
      made.rename("Countess");
      await context.extendContext({ reason: "promoted" }, () => accounts.update(made));
      return made;
    });
    ada.rename("Ada");
    ada.rename("Lovelace");
    await accounts.update(ada);
    expect(await stored(ada.id)).toEqual([
      { actor: "ada", correlationId: "r1" },
      { actor: "ada", correlationId: "r1", reason: "promoted" },
      null,
      null,
    ]);
  });

  it("is null in SQL, not in JSON, where there was none", async () => {
    const { id } = await accounts.create({ email: "null@example.com" });
    const { rows } =
      await sql`select 1 from account_events where id = ${id} and context is null`.execute(db);
    expect(rows).toHaveLength(1);
  });

  it("keeps many connections at work apart", async () => {
    const made = await Promise.all(
      Array.from({ length: 30 }, (_, n) =>
        context.withContext({ actor: `actor ${n}` }, () =>
          transaction(db, async (tx) => {
            const account = await accounts.create({ email: `many${n}@example.com` }, { tx });
            account.rename("x");
            await accounts.update(account, { tx });
            return account;
          }),
        ),
      ),
    );
    const contexts = await Promise.all(made.map(({ id }) => stored(id)));
    expect(contexts).toEqual(
      made.map((_, n) => [{ actor: `actor ${n}` }, { actor: `actor ${n}` }]),
    );
  });

  it("has nothing of a context that was refused", async () => {
    const refused = async () =>
      context.withContext({ actor: 1 as never }, () =>
        accounts.create({ email: "refused@example.com" }),
      );
    await expect(refused()).rejects.toThrow(InvalidContextError);
    expect(await accounts.maybeFindByEmail("refused@example.com")).toBeUndefined();
  });
});

describe("a consumer", () => {
  it("runs handlers in the context of their cause, and hands them the stored one", async () => {
    const origin = await context.withContext({ actor: "web", correlationId: "r2" }, () =>
      accounts.create({ email: "origin@example.com" }),
    );
    const actors: unknown[] = [];
    const follower = createConsumer(db, {
      name: "context",
      topics: [Account],
      context,
      on: {
        AccountOpened: async ({ email }, meta) => {
          if (email !== "origin@example.com") return;
          actors.push(context.parse(meta.context)?.actor, context.current()?.causationId);
          await accounts.create({ email: "effect@example.com" }, { tx: meta.tx });
        },
      },
    });
    await follower.catchUp();
    const identity = `account/${origin.id}/1`;
    expect(actors).toEqual(["web", identity]);
    const { id } = await accounts.findByEmail("effect@example.com");
    expect(await stored(id)).toEqual([{ causationId: identity, correlationId: "r2" }]);
  });
});
