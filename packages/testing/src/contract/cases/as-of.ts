import { EntityNotFoundError, EntityUnusableError, InvalidArgumentError } from "@annals/core";
import { expect } from "vitest";
import type { Bench } from "../bench.ts";
import { clockThat } from "../clock-that.ts";
import { contractGroup } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";
import { thrownBy } from "../thrown-by.ts";

const at = (minute: number): Date => new Date(Date.UTC(2024, 0, 1, 12, minute));

/** An account whose events were recorded at these minutes, in the order of their sequence. */
const recordedAt = async (bench: Bench, first: number, ...later: readonly number[]) => {
  let minute = first;
  const accounts = await bench.repository(defineAccount, {
    clock: clockThat(() => at(minute)),
  });
  const account = await accounts.create({ email: "ada@example.com", name: "1" });
  for (const next of later) {
    minute = next;
    account.rename(`${account.version + 1}`);
    await accounts.update(account);
  }
  return { accounts, account };
};

export const asOf = contractGroup("an entity as it was", {
  "at a version has the events up to it": async (bench) => {
    const { accounts, account } = await recordedAt(bench, 0, 1, 2);
    for (const version of [1, 2, 3]) {
      const past = await accounts.findById(account.id, { asOf: { version } });
      expect([past.id, past.version, past.state.name]).toEqual([account.id, version, `${version}`]);
      expect(past.history).toEqual(account.history.slice(0, version));
      const maybe = await accounts.maybeFindById(account.id, { asOf: { version } });
      expect(maybe?.state).toEqual(past.state);
    }
  },

  "at a time has the events recorded until then": async (bench) => {
    const { accounts, account } = await recordedAt(bench, 10, 20, 30);
    const nameAt = async (time: Date) =>
      (await accounts.maybeFindById(account.id, { asOf: time }))?.state.name;
    expect(await nameAt(at(9))).toBeUndefined();
    expect(await nameAt(at(10))).toBe("1");
    expect(await nameAt(new Date(at(20).getTime() - 1))).toBe("1");
    expect(await nameAt(at(20))).toBe("2");
    expect(await nameAt(at(59))).toBe("3");
  },

  "at a time ends before the first event recorded later, whatever follows it": async (bench) => {
    const { accounts, account } = await recordedAt(bench, 10, 30, 20, 40);
    const versionAt = async (time: Date) =>
      (await accounts.maybeFindById(account.id, { asOf: time }))?.version;
    expect(await versionAt(at(10))).toBe(1);
    expect(await versionAt(at(20))).toBe(1);
    expect(await versionAt(at(30))).toBe(3);
    expect(await versionAt(at(40))).toBe(4);
  },

  "does not exist before its first event, nor where there is none": async (bench) => {
    const { accounts, account } = await recordedAt(bench, 10);
    const missing = [
      { id: account.id, asOf: at(9) },
      { id: crypto.randomUUID(), asOf: at(11) },
      { id: crypto.randomUUID(), asOf: { version: 1 } },
      { id: "garbage", asOf: at(11) },
    ];
    for (const { id, asOf: when } of missing) {
      expect(await accounts.maybeFindById(id, { asOf: when })).toBeUndefined();
      await thrownBy(accounts.findById(id, { asOf: when }), EntityNotFoundError);
    }
  },

  "at a version that it has not reached is a mistake": async (bench) => {
    const { accounts, account } = await recordedAt(bench, 10, 20);
    const asked = { asOf: { version: 3 } };
    const error = await thrownBy(accounts.findById(account.id, asked), InvalidArgumentError);
    expect(error.message).toMatch(/version 3.*version 2/);
    await thrownBy(accounts.maybeFindById(account.id, asked), InvalidArgumentError);
  },

  "refuses what is neither a time nor a version": async (bench) => {
    const { accounts, account } = await recordedAt(bench, 10);
    const refused = [
      new Date(Number.NaN),
      new Date(Date.UTC(12_000, 0)),
      { version: 0 },
      { version: 1.5 },
      { version: 2 ** 31 },
      {} as { version: number },
      "2024-01-01" as unknown as Date,
    ];
    for (const when of refused) {
      await thrownBy(accounts.findById(account.id, { asOf: when }), InvalidArgumentError);
    }
  },

  "can be looked at and attempted, but not written": async (bench) => {
    const { accounts, account } = await recordedAt(bench, 10, 20);
    const past = await accounts.findById(account.id, { asOf: { version: 1 } });
    expect(past.pending).toEqual([]);
    const untouched = await thrownBy(accounts.update(past), EntityUnusableError);
    expect(untouched.reason).toBe("as-of");
    expect(past.attempt.suspend("spam")).toMatchObject({ outcome: "executed" });
    await thrownBy(accounts.update(past), EntityUnusableError);
    const now = await accounts.findById(account.id);
    expect([now.version, now.state.status]).toEqual([2, "active"]);
    const latest = await accounts.findById(account.id, { asOf: { version: 2 } });
    latest.rename("3");
    await thrownBy(accounts.update(latest), EntityUnusableError);
  },
});
