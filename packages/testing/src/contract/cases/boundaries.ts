import {
  CommandRejectedError,
  ConcurrentModificationError,
  DuplicateValueError,
  decide,
  EntityNotFoundError,
  InvalidArgumentError,
} from "@annals/core";
import fc from "fast-check";
import { expect } from "vitest";
import type { Bench } from "../bench.ts";
import { contractGroup } from "../contract-case.ts";
import { defineWallet } from "../entities/wallet.ts";
import { thrownBy } from "../thrown-by.ts";

const NOBODY = "0190b6f0-0000-7000-8000-0000000000ff";

const twoWallets = async (bench: Bench) => {
  const wallets = await bench.repository(defineWallet);
  const ada = await wallets.create({ owner: "ada", balance: 10 });
  const bob = await wallets.create({ owner: "bob", balance: 10 });
  const balances = async () => [
    (await wallets.findById(ada.id)).state.balance,
    (await wallets.findById(bob.id)).state.balance,
  ];
  return { wallets, a: ada.id, b: bob.id, balances };
};

export const boundaries = contractGroup("consistency boundaries", {
  "several entities are read, decided over once, and stored together": async (bench) => {
    const { wallets, a, b, balances } = await twoWallets(bench);
    const moved = await decide([wallets.byId(a), wallets.byOwner("bob")], (from, to) => {
      from.withdraw(3);
      to.deposit(3);
      return from.state.balance + to.state.balance;
    });
    expect(moved).toEqual({ result: 20, replayed: false });
    expect(await balances()).toEqual([7, 13]);
    expect((await wallets.findById(b)).version).toBe(2);
  },

  "an entity that is only read counts as well": async (bench) => {
    const { wallets, a, b, balances } = await twoWallets(bench);
    const seen: number[] = [];
    await decide([wallets.byId(a), wallets.byId(b)], async (from, other) => {
      seen.push(other.state.balance);
      if (seen.length === 1) await wallets.transact(b, (rival) => rival.withdraw(8));
      if (from.state.balance + other.state.balance >= 15) from.withdraw(5);
    });
    expect(seen).toEqual([10, 2]);
    expect(await balances()).toEqual([10, 2]);
  },

  "it gives up when its attempts are used up, and names the entity that changed": async (bench) => {
    const { wallets, a, b, balances } = await twoWallets(bench);
    let tries = 0;
    const losing = decide(
      [wallets.byId(a), wallets.byId(b)],
      async (from) => {
        tries += 1;
        await wallets.transact(b, (rival) => rival.deposit(1));
        from.withdraw(1);
      },
      { attempts: 3, pauseMs: 0 },
    );
    const error = await thrownBy(losing, ConcurrentModificationError);
    expect([tries, error.id, error.batchIndex]).toEqual([3, b, 1]);
    expect(await balances()).toEqual([10, 13]);
  },

  "what is refused leaves nothing, and is not repeated": async (bench) => {
    const { wallets, a, b, balances } = await twoWallets(bench);
    let tries = 0;
    const refused = decide([wallets.byId(a), wallets.byOwner("bob")], (from, to) => {
      tries += 1;
      to.deposit(2_000);
      from.withdraw(2_000);
    });
    await thrownBy(refused, CommandRejectedError);
    expect([tries, await balances()]).toEqual([1, [10, 10]]);
    await thrownBy(
      decide([wallets.byId(a), wallets.byId(NOBODY)], () => {}),
      EntityNotFoundError,
    );
    await thrownBy(
      decide([wallets.byId(b), wallets.byOwner("nobody")], () => {}),
      EntityNotFoundError,
    );
  },

  "a refusal that rests on what was not so at one moment is decided again": async (bench) => {
    const { wallets, a, b, balances } = await twoWallets(bench);
    let tries = 0;
    await decide([wallets.byId(a), wallets.byOwner("bob")], async (from, other) => {
      tries += 1;
      if (tries === 1) {
        await wallets.transact(b, (rival) => rival.deposit(100));
        throw new Error("too little, as it then was");
      }
      from.withdraw(other.state.balance);
    });
    expect([tries, await balances()]).toEqual([2, [-100, 110]]);
  },

  "any number of entities, also named twice, each as one instance": async (bench) => {
    const { wallets, a, b, balances } = await twoWallets(bench);
    const refs = [a, b, a].map((id) => wallets.byId(id));
    await decide(refs, (...all) => {
      expect(all[0]).toBe(all[2]);
      for (const one of all) one.deposit(1);
    });
    await decide([wallets.byId(a), wallets.byOwner("ada")], (one, same) => {
      expect(same).toBe(one);
      one.withdraw(2);
    });
    expect(await balances()).toEqual([10, 11]);
  },

  "new entities are created by what was decided": async (bench) => {
    const { wallets, a } = await twoWallets(bench);
    const { result } = await decide([wallets.byId(a), wallets.creator()], (from, create) => {
      from.withdraw(4);
      return [
        create({ owner: "cy", balance: from.state.balance }),
        create({ owner: "di", balance: 4 }),
      ];
    });
    expect(result?.map(({ version, pending }) => [version, pending])).toEqual([
      [1, []],
      [1, []],
    ]);
    expect((await wallets.findByOwner("cy")).state.balance).toBe(6);
    const taken = decide([wallets.byId(a), wallets.creator()], (from, create) => {
      from.withdraw(1);
      create({ owner: "ada" });
    });
    const error = await thrownBy(taken, DuplicateValueError);
    expect(error.batchIndex).toBe(1);
    expect((await wallets.findById(a)).state.balance).toBe(6);
  },

  "a value that one gives up can be taken by a new one": async (bench) => {
    const { wallets, a } = await twoWallets(bench);
    await decide([wallets.byId(a), wallets.creator()], (from, create) => {
      from.handTo("elsewhere");
      create({ owner: "ada", balance: from.state.balance });
    });
    expect((await wallets.findByOwner("ada")).state.balance).toBe(10);
  },

  "whoever was not there and comes meanwhile counts": async (bench) => {
    const { wallets, a } = await twoWallets(bench);
    const seen: (number | undefined)[] = [];
    await decide([wallets.byId(a), wallets.maybeByOwner("cy")], async (from, other) => {
      seen.push(other?.state.balance);
      if (seen.length === 1) await wallets.create({ owner: "cy", balance: 5 });
      from.withdraw(other?.state.balance ?? 1);
    });
    expect([seen, (await wallets.findById(a)).state.balance]).toEqual([[undefined, 5], 5]);

    const found: boolean[] = [];
    await decide([wallets.maybeByOwner("di"), wallets.creator()], async (one, create) => {
      found.push(one !== undefined);
      if (found.length === 1) await wallets.create({ owner: "di" });
      (one ?? create({ owner: "di" })).deposit(1);
    });
    expect([found, (await wallets.findByOwner("di")).state.balance]).toEqual([[false, true], 1]);
    const absent = await decide([wallets.maybeById(NOBODY)], (one) => one === undefined);
    expect(absent.result).toBe(true);
  },

  "it takes part in a transaction, and is undone with it": async (bench) => {
    const { wallets, a, b, balances } = await twoWallets(bench);
    await bench.transaction(async (tx) => {
      await wallets.transact(a, (one) => one.deposit(5), { tx });
      await decide(
        [wallets.byId(a), wallets.byId(b)],
        (from, to) => {
          from.withdraw(15);
          to.deposit(15);
        },
        { tx },
      );
      const refused = decide(
        [wallets.byId(a), wallets.byId(b), wallets.creator()],
        (from, _to, create) => {
          from.withdraw(1);
          create({ owner: "bob" });
        },
        { tx },
      );
      await thrownBy(refused, DuplicateValueError);
    });
    expect(await balances()).toEqual([0, 25]);
    class Undone extends Error {}
    const undone = bench.transaction(async (tx) => {
      await decide([wallets.byId(a), wallets.byId(b)], (one) => one.deposit(1), { tx });
      throw new Undone();
    });
    await thrownBy(undone, Undone);
    expect(await balances()).toEqual([0, 25]);
  },

  "a request with a key counts once, whatever is decided": async (bench) => {
    const { wallets, a, b, balances } = await twoWallets(bench);
    const once = { idempotencyKey: "transfer-1", attempts: 50 };
    const move = (amount: number) =>
      decide(
        [wallets.byId(a), wallets.byId(b)],
        (from, to) => {
          from.withdraw(amount);
          to.deposit(amount);
          return amount;
        },
        once,
      );
    expect(await move(4)).toEqual({ result: 4, replayed: false });
    expect(await move(5_000)).toEqual({ result: undefined, replayed: true });
    expect(await balances()).toEqual([6, 14]);

    // Also where the entity that the key belongs to is not changed, or nothing is.
    const other = { idempotencyKey: "deposit-1" };
    const give = () => decide([wallets.byId(a), wallets.byId(b)], (_, to) => to.deposit(1), other);
    expect([(await give()).replayed, (await give()).replayed]).toEqual([false, true]);
    const look = () => decide([wallets.byId(a)], () => 1, { idempotencyKey: "look" });
    expect([(await look()).replayed, (await look()).replayed]).toEqual([false, true]);
    expect(await balances()).toEqual([6, 15]);

    const reused = decide([wallets.byId(b)], (one) => one.deposit(1), once);
    await expect(reused).rejects.toMatchObject({ code: "ANNALS_IDEMPOTENCY_KEY_REUSED" });
    await thrownBy(
      decide([wallets.maybeById(a)], () => {}, { idempotencyKey: "absent" }),
      InvalidArgumentError,
    );
  },

  "what is no list of places is refused": async (bench) => {
    const { wallets, a } = await twoWallets(bench);
    const ada = await wallets.findById(a);
    await thrownBy(
      decide([], () => {}),
      InvalidArgumentError,
    );
    await thrownBy(
      decide([ada] as never, () => {}),
      InvalidArgumentError,
    );
    const often = decide([wallets.byId(a)], () => {}, { attempts: 0 });
    await thrownBy(often, InvalidArgumentError);
  },

  "decisions at once keep a rule that only all of their entities can break": async (bench) => {
    const wallets = await bench.repository(defineWallet);
    const made = await wallets.createAll(
      ["ada", "bob", "cy"].map((owner) => ({ owner, balance: 5 })),
    );
    const ids = made.map(({ id }) => id);
    const sum = (all: Iterable<(typeof made)[number]>) =>
      [...all].reduce((total, { state }) => total + state.balance, 0);
    // The first of them gives what all of them together have.
    const withdraw = ({ order, amount }: { order: readonly string[]; amount: number }) =>
      decide(
        order.map((id) => wallets.byId(id)),
        (...all) => {
          if (sum(all) < amount) return 0;
          all[0]?.withdraw(amount);
          return amount;
        },
        { attempts: 100, pauseMs: 5 },
      );
    const steps = fc.array(
      fc.record({
        order: fc.shuffledSubarray(ids, { minLength: 3 }),
        amount: fc.integer({ min: 1, max: 12 }),
      }),
      { minLength: 4, maxLength: 16 },
    );
    const keepsRule = fc.asyncProperty(steps, async (taken) => {
      const before = sum((await wallets.findAll(ids)).values());
      const given = (await Promise.all(taken.map(withdraw))).map(({ result }) => result);
      const after = sum((await wallets.findAll(ids)).values());
      expect(after).toBeGreaterThanOrEqual(0);
      expect(before - after).toBe(given.reduce((total, amount) => total + amount, 0));
      await wallets.transact(ids[0] as string, (one) => one.deposit(15 - after));
    });
    await fc.assert(keepsRule, { numRuns: 8 });
  },
});
