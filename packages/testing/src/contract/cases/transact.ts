import {
  CommandRejectedError,
  ConcurrentModificationError,
  EntityNotFoundError,
  InvalidArgumentError,
} from "@annals/core";
import { expect } from "vitest";
import { contractGroup } from "../contract-case.ts";
import { defineItem, item } from "../entities/item.ts";
import { thrownBy } from "../thrown-by.ts";

const NOBODY = "0190b6f0-0000-7000-8000-0000000000ff";

export const transact = contractGroup("transact", {
  "it reads, decides and stores, by id or by a finder": async (bench) => {
    const items = await bench.repository(defineItem);
    const { id } = await items.create(item());
    const byId = await items.transact(id, (one) => one.price(2));
    expect(byId).toMatchObject({ result: "executed", entity: { version: 2 } });
    const byFinder = await items.transact(
      (options) => items.findById(id, options),
      async (one) => {
        one.price(3);
        return one.state.price;
      },
    );
    expect(byFinder.result).toBe(3);
    expect((await items.findById(id)).state.price).toBe(3);
  },

  "a lost race is decided again on what the winner left": async (bench) => {
    const items = await bench.repository(defineItem);
    const { id } = await items.create(item({ price: 1 }));
    const seen: number[] = [];
    const { entity } = await items.transact(id, async (one) => {
      seen.push(one.state.price);
      if (seen.length === 1) await items.transact(id, (rival) => rival.price(10));
      one.price(one.state.price + 1);
    });
    expect(seen).toEqual([1, 10]);
    expect(entity.state.price).toBe(11);
  },

  "many at once lose nothing": async (bench) => {
    const items = await bench.repository(defineItem);
    const { id } = await items.create(item({ price: 0 }));
    const add = () =>
      items.transact(id, (one) => one.price(one.state.price + 1), { attempts: 100, pauseMs: 20 });
    await Promise.all(Array.from({ length: 12 }, add));
    expect((await items.findById(id)).state.price).toBe(12);
  },

  "it gives up when its attempts are used up": async (bench) => {
    const items = await bench.repository(defineItem);
    const { id } = await items.create(item());
    let tries = 0;
    const losing = items.transact(
      id,
      async (one) => {
        tries += 1;
        await items.transact(id, (rival) => rival.price(tries * 10));
        one.price(1.5);
      },
      { attempts: 3, pauseMs: 0 },
    );
    await thrownBy(losing, ConcurrentModificationError);
    expect(tries).toBe(3);
  },

  "a refusal is never repeated": async (bench) => {
    const items = await bench.repository(defineItem);
    const { id } = await items.create(item());
    let tries = 0;
    const refused = items.transact(id, () => {
      tries += 1;
      throw new CommandRejectedError({ entity: "item", id, command: "price", reason: "no" });
    });
    await thrownBy(refused, CommandRejectedError);
    expect(tries).toBe(1);
    await thrownBy(
      items.transact(NOBODY, () => {}),
      EntityNotFoundError,
    );
    await thrownBy(
      items.transact(id, () => {}, { attempts: 0 }),
      InvalidArgumentError,
    );
  },

  "it takes part in a transaction": async (bench) => {
    const items = await bench.repository(defineItem);
    const { id } = await items.create(item({ price: 1 }));
    const failed = bench.transaction(async (tx) => {
      await items.transact(id, (one) => one.price(2), { tx });
      throw new Error("rolled back");
    });
    await expect(failed).rejects.toThrow("rolled back");
    expect((await items.findById(id)).state.price).toBe(1);
  },
});
