import { type EntityOf, EntityUnusableError } from "@annals/core";
import { expect } from "vitest";
import type { Bench } from "../bench.ts";
import { contractGroup, needs } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";
import { thrownBy } from "../thrown-by.ts";

class Change extends Error {}

type Account = EntityOf<ReturnType<typeof defineAccount>>;

/** Writes an account in a transaction of the user's own, which then ends as told. */
const writeInUserTransaction = async (bench: Bench, end: "commits" | "rolls back") => {
  const accounts = await bench.repository(defineAccount);
  const ada = await accounts.create({ email: "ada@example.com" });
  ada.rename("Countess");
  const created: Account[] = [];
  const written = bench.userTransaction(async (tx) => {
    await accounts.update(ada, { tx });
    created.push(await accounts.create({ email: "bob@example.com" }, { tx }));
    if (end === "rolls back") throw new Change(end);
  });
  if (end === "rolls back") await thrownBy(written, Change);
  else await written;
  return { accounts, ada, bob: created[0] as Account };
};

export const transactionEnds = contractGroup("the user's own transactions", {
  "a commit makes events count as stored": needs("watched transactions", async (bench) => {
    const { accounts, ada, bob } = await writeInUserTransaction(bench, "commits");
    expect(ada.pending).toEqual([]);
    expect(ada.version).toBe(2);
    expect(bob.version).toBe(1);
    ada.rename("Again");
    expect(await accounts.update(ada)).toBe(1);
    expect((await accounts.findById(ada.id)).version).toBe(3);
  }),

  "a rollback gives events back": needs("watched transactions", async (bench) => {
    const { accounts, ada, bob } = await writeInUserTransaction(bench, "rolls back");
    expect(ada.pending).toHaveLength(1);
    expect(ada.version).toBe(1);
    expect(await accounts.update(ada)).toBe(1);
    bob.rename("Robert");
    const error = await thrownBy(accounts.update(bob), EntityUnusableError);
    expect(error.reason).toBe("not-created");
  }),

  "an entity claims nothing about its events that is not so": async (bench) => {
    for (const end of ["commits", "rolls back"] as const) {
      const { accounts, ada } = await writeInUserTransaction(bench, end);
      const stored = await accounts.findById(ada.id);
      expect(stored.version).toBe(end === "commits" ? 2 : 1);
      ada.rename("Again");
      // Either the end is known, or it is known not to be known.
      const writing = accounts.update(ada).catch((error: unknown) => error);
      const result = await writing;
      if (result instanceof EntityUnusableError) {
        expect(result.reason).toBe("in-doubt");
        stored.rename("Again");
        expect(await accounts.update(stored)).toBe(1);
      } else {
        expect(result).toBe(end === "commits" ? 1 : 2);
      }
      const read = await accounts.findById(ada.id);
      expect(read.history.map(({ type }) => type)).toEqual(
        end === "rolls back" && result instanceof Error
          ? ["AccountOpened", "Renamed"]
          : ["AccountOpened", "Renamed", "Renamed"],
      );
    }
  },
});
