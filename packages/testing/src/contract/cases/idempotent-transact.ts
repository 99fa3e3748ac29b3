import { CommandRejectedError, IdempotencyKeyReusedError, isReplayed } from "@annals/core";
import { expect } from "vitest";
import { contractGroup } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";
import { thrownBy } from "../thrown-by.ts";

const once = { idempotencyKey: "a-key" };

export const idempotentTransact = contractGroup("idempotency keys: transact", {
  "a repeated transact returns the first one's entity, whatever is decided": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const { id } = await accounts.create({ email: "ada@example.com" });
    const first = await accounts.transact(id, (one) => one.changeEmail("b@example.com"), once);
    expect(first).toMatchObject({ replayed: false, result: "executed", entity: { version: 2 } });
    await accounts.transact(id, (one) => one.suspend("later"));

    const decisions: readonly ((one: typeof first.entity) => unknown)[] = [
      () => "nothing to do",
      (one) => one.rename("Other"),
      (one) => one.changeEmail("rejected@example.com"),
    ];
    for (const decide of decisions) {
      const repeated = await accounts.transact(id, decide, once);
      expect(repeated).toMatchObject({ replayed: true, result: undefined });
      expect(repeated.entity).toMatchObject({ version: 2, pending: [] });
      expect(repeated.entity.state.status).toBe("active");
      expect(isReplayed(repeated.entity)).toBe(true);
    }
    expect((await accounts.findById(id)).version).toBe(3);
  },

  "a repetition whose finder finds nobody any more is known by its key": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const { id } = await accounts.create({ email: "ada@example.com" });
    const move = () =>
      accounts.transact(
        (options) => accounts.findByEmail("ada@example.com", options),
        (one) => one.changeEmail("countess@example.com"),
        { ...once, request: "countess@example.com" },
      );
    expect(await move()).toMatchObject({ replayed: false });
    expect(await move()).toMatchObject({ replayed: true, entity: { id, version: 2 } });
    const other = accounts.transact(id, (one) => one.rename("Ada"), { ...once, request: "other" });
    await thrownBy(other, IdempotencyKeyReusedError);
  },

  "many transacts at once are one": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const { id } = await accounts.create({ email: "ada@example.com" });
    const all = await Promise.all(
      Array.from({ length: 12 }, (_, at) =>
        accounts.transact(id, (one) => one.rename(`Name ${at}`), { ...once, attempts: 20 }),
      ),
    );
    expect(all.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(new Set(all.map(({ entity }) => entity.state.name)).size).toBe(1);
    expect((await accounts.findById(id)).version).toBe(2);
  },

  "a lost race is decided again, and a rejection leaves the key new": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const { id } = await accounts.create({ email: "ada@example.com" });
    let tries = 0;
    const { entity } = await accounts.transact(
      id,
      async (one) => {
        tries += 1;
        if (tries === 1) await accounts.transact(id, (rival) => rival.rename("Rival"));
        one.changeNickname(`after ${one.state.name}`);
      },
      once,
    );
    expect([tries, entity.state.nickname]).toEqual([2, "after Rival"]);
    await accounts.transact(id, (one) => one.suspend("gone"));
    const fresh = { idempotencyKey: "fresh" };
    const refused = accounts.transact(id, (one) => one.changeEmail("x@example.com"), fresh);
    await thrownBy(refused, CommandRejectedError);
    const later = await accounts.transact(id, (one) => one.rename("Still new"), fresh);
    expect(later.replayed).toBe(false);
  },
});
