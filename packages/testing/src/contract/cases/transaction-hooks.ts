import {
  type CommitHook,
  defineCommitHook,
  HookFailedError,
  TooManyHookRoundsError,
  TransactionUnusableError,
} from "@annals/core";
import { expect } from "vitest";
import type { OpaqueTx } from "../bench.ts";
import { contractGroup } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";
import { thrownBy } from "../thrown-by.ts";

class Change extends Error {}

/** Registers a hook of each kind that notes its name. */
const note = (tx: OpaqueTx, log: string[], name: string): void => {
  tx.beforeCommit(async () => void log.push(`before ${name}`));
  tx.afterCommit(async () => void log.push(`after ${name}`));
  tx.onRollback(async (end) => void log.push(`${end} ${name}`));
};

export const transactionHooks = contractGroup("hooks of transactions", {
  "hooks run around the commit in the order of registration": async (bench) => {
    const log: string[] = [];
    const result = await bench.transaction(async (tx) => {
      note(tx, log, "a");
      note(tx, log, "b");
      log.push("work");
      return "returned";
    });
    expect(result).toBe("returned");
    expect(log).toEqual(["work", "before a", "before b", "after a", "after b"]);
  },

  "a rollback runs the hooks for it only, the latest first": async (bench) => {
    const log: string[] = [];
    const rolledBack = bench.transaction(async (tx) => {
      note(tx, log, "a");
      note(tx, log, "b");
      throw new Change("rolls back");
    });
    await thrownBy(rolledBack, Change);
    expect(log).toEqual(["rolledBack b", "rolledBack a"]);
  },

  "a hook before the commit takes part in the transaction": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await bench.transaction(async (tx) => {
      const made = await accounts.create({ email: "ada@example.com" }, { tx });
      tx.beforeCommit(async (inHook) => {
        made.rename("Countess");
        await accounts.update(made, { tx: inHook });
      });
      tx.afterCommit(async () => {
        expect(made.version).toBe(2);
        expect((await accounts.findById(made.id)).state.name).toBe("Countess");
      });
      return made;
    });
    expect((await accounts.findById(ada.id)).version).toBe(2);
  },

  "an error in a hook before the commit rolls back": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "ada@example.com" });
    ada.rename("Countess");
    const log: string[] = [];
    const rolledBack = bench.transaction(async (tx) => {
      await accounts.update(ada, { tx });
      note(tx, log, "a");
      tx.beforeCommit(() => {
        throw new Change("rolls back");
      });
      note(tx, log, "b");
    });
    await thrownBy(rolledBack, Change);
    expect(log).toEqual(["before a", "rolledBack b", "rolledBack a"]);
    expect(ada.pending).toHaveLength(1);
    expect(await accounts.update(ada)).toBe(1);
  },

  "an error in a hook after the end is reported, and stops nothing": async (bench) => {
    const log: string[] = [];
    const errors: HookFailedError[] = [];
    const options = { onHookError: (error: HookFailedError) => void errors.push(error) };
    const fail = async () => {
      throw new Change("too late");
    };
    const result = await bench.transaction(async (tx) => {
      tx.afterCommit(fail);
      note(tx, log, "a");
      return "returned";
    }, options);
    expect(result).toBe("returned");
    const rolledBack = bench.transaction(async (tx) => {
      note(tx, log, "b");
      tx.onRollback(fail);
      throw new Change("rolls back");
    }, options);
    expect((await thrownBy(rolledBack, Change)).message).toBe("rolls back");
    expect(log).toEqual(["before a", "after a", "rolledBack b"]);
    expect(errors.map(({ phase }) => phase)).toEqual(["afterCommit", "onRollback"]);
    for (const error of errors) {
      expect(error).toBeInstanceOf(HookFailedError);
      expect(error.cause).toBeInstanceOf(Change);
    }
  },

  "a commit that is refused runs the hooks for a rollback": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    await accounts.create({ email: "ada@example.com" });
    const log: string[] = [];
    const refused = bench.transaction(async (tx) => {
      note(tx, log, "a");
      await accounts.create({ email: "ada@example.com" }, { tx }).catch(() => {});
    });
    await expect(refused).rejects.toThrow();
    expect(log).toEqual(["before a", "rolledBack a"]);
  },

  "hooks may add hooks, a bounded number of times": async (bench) => {
    const log: string[] = [];
    const chain = (tx: OpaqueTx, length: number) =>
      tx.beforeCommit(() => {
        log.push(`${length}`);
        if (length > 1) chain(tx, length - 1);
      });
    await bench.transaction(async (tx) => {
      chain(tx, 2);
      note(tx, log, "a");
    });
    expect(log).toEqual(["2", "before a", "1", "after a"]);
    await bench.transaction(async (tx) => chain(tx, 8));
    await thrownBy(
      bench.transaction(async (tx) => chain(tx, Number.POSITIVE_INFINITY)),
      TooManyHookRoundsError,
    );
  },

  "hooks of one kind are merged, and handled once": async (bench) => {
    const log: unknown[] = [];
    const outbox = defineCommitHook({
      merge: (one: string[], other: string[]) => [...one, ...other],
      beforeCommit: (messages) => void log.push(["before", messages]),
      afterCommit: (messages) => void log.push(["after", messages]),
    });
    await bench.transaction(async (tx) => {
      tx.addHook(outbox, ["a"]);
      tx.addHook(outbox, ["b"]);
      tx.beforeCommit(() => tx.addHook(outbox, ["late"]));
    });
    expect(log).toEqual([
      ["before", ["a", "b"]],
      ["before", ["late"]],
      ["after", ["a", "b"]],
      ["after", ["late"]],
    ]);
  },

  "a kind runs after the kinds that it says it runs after": async (bench) => {
    const log: string[] = [];
    const of = (name: string, ...runsAfter: CommitHook<undefined>[]) =>
      defineCommitHook({
        beforeCommit: (_: undefined) => void log.push(`before ${name}`),
        afterCommit: () => void log.push(`after ${name}`),
        runsAfter,
      });
    const first = of("first");
    const between = of("between", first);
    const last = of("last", between);
    await bench.transaction(async (tx) => {
      tx.addHook(last, undefined);
      tx.addHook(first, undefined);
      note(tx, log, "a");
    });
    expect(log).toEqual(
      ["before", "after"].flatMap((when) => [`${when} first`, `${when} last`, `${when} a`]),
    );
  },

  "a transaction that is over takes no hooks and no calls": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const kept = await bench.transaction(async (tx) => tx);
    for (const register of [
      () => kept.beforeCommit(() => {}),
      () => kept.afterCommit(() => {}),
      () => kept.onRollback(() => {}),
    ]) {
      expect(register).toThrow(TransactionUnusableError);
    }
    await thrownBy(
      kept.savepoint(async () => {}),
      TransactionUnusableError,
    );
    const late = accounts.create({ email: "ada@example.com" }, { tx: kept });
    expect((await thrownBy(late, TransactionUnusableError)).reason).toBe("over");
    expect((await accounts.list()).items).toEqual([]);
  },
});
