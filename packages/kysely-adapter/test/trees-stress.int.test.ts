import { ConcurrentModificationError } from "@annals/core";
import { Random } from "@annals/faults";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { expect, it } from "vitest";
import { annalsPool, createRepository, verify } from "../src/index.ts";
import { CART_LIMIT, Cart, cartFamily, totalOf } from "./database/cart.ts";
import { migrate } from "./database/open.ts";

const CLIENTS = 40;
const CARTS = 10;

/** `STRESS_MS` makes it longer. */
const ms = Number(process.env.STRESS_MS ?? 6_000);

const below = (random: Random, limit: number): number => Math.floor(random.next() * limit);

/** What the acknowledged writes of one tree come to. */
interface Account {
  readonly id: string;
  guarded: number;
  renames: number;
  below: number;
}

it(
  `${CLIENTS} clients at once on a few trees break no rule, lose no event, and every loser is told`,
  async () => {
    const { connectionString } = await testDatabase({
      name: "carts-crowded",
      migrate: (url) => migrate(url, cartFamily),
    });
    const pool = new pg.Pool({ connectionString, max: CLIENTS });
    const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: annalsPool(pool) }) });
    const carts = createRepository(Cart, { db });
    try {
      const made = await carts.createAll(
        Array.from({ length: CARTS }, (_, at) => ({
          owner: `owner ${at}`,
          items: [
            { sku: "a", quantity: 1 },
            { sku: "b", quantity: 1 },
          ],
          remarks: ["one", "two"],
        })),
      );
      const accounts = made.map(({ id }): Account => ({ id, guarded: 0, renames: 0, below: 4 }));
      const refused = { lost: 0, rejected: 0 };
      const end = Date.now() + ms;

      const turn = async (random: Random): Promise<void> => {
        const account = accounts[below(random, accounts.length)] as Account;
        const cart = await carts.findById(account.id);
        expect(totalOf(cart.items)).toBeLessThanOrEqual(CART_LIMIT);
        const item = cart.items.list[below(random, cart.items.size)];
        const remark = cart.remarks.list[below(random, cart.remarks.size)];
        let guards = true;
        let renames = 0;
        const deed = below(random, 6);
        if (deed === 0) {
          cart.rename(`owner ${below(random, 100)}`);
          renames = 1;
        } else if (deed === 1 && item) cart.tag(item.id, "tagged");
        else if (deed === 2 && item && cart.items.size > 1) cart.remove(item.id);
        else if (deed === 3 && remark) {
          cart.rewrite(remark.id, `remark ${below(random, 100)}`);
          guards = false;
        } else {
          const outcome =
            deed === 4 && item
              ? cart.attempt.count(item.id, below(random, CART_LIMIT))
              : cart.attempt.add(`sku ${below(random, 1_000_000)}`, 1 + below(random, 5));
          if (outcome.outcome === "rejected") refused.rejected += 1;
          if (outcome.outcome !== "executed") return;
        }
        try {
          const written =
            below(random, 4) === 0 ? await carts.updateAll([cart]) : await carts.update(cart);
          if (written === 0) return;
          account.guarded += guards ? 1 : 0;
          account.renames += renames;
          account.below += written - renames;
        } catch (error) {
          expect(error).toBeInstanceOf(ConcurrentModificationError);
          refused.lost += 1;
        }
      };
      const client = async (_: unknown, at: number): Promise<void> => {
        const random = new Random(4_000 + at);
        while (Date.now() < end) await turn(random);
      };
      await Promise.all(Array.from({ length: CLIENTS }, client));

      expect(refused.lost).toBeGreaterThan(0);
      expect(refused.rejected).toBeGreaterThan(0);
      const { rows } = await sql<{ id: string; revision: number; version: number; below: number }>`
        select c.id, c.revision, c.version, (
          (select count(*) from item_events e join items i on i.id = e.id where i.cart_id = c.id)
          + (select count(*) from tag_events e join tags t on t.id = e.id join items i on i.id = t.item_id where i.cart_id = c.id)
          + (select count(*) from remark_events e join remarks r on r.id = e.id where r.cart_id = c.id)
        )::int as below
        from carts c`.execute(db);
      for (const { id, guarded, renames, below: events } of accounts) {
        const row = rows.find((one) => one.id === id);
        expect(row).toEqual({ id, revision: 1 + guarded, version: 1 + renames, below: events });
        expect(totalOf((await carts.findById(id)).items)).toBeLessThanOrEqual(CART_LIMIT);
      }
      for (const definition of cartFamily) {
        expect(await verify(db, definition)).toMatchObject({ differing: 0, skipped: 0 });
      }
    } finally {
      await db.destroy();
    }
  },
  ms + 60_000,
);
