import {
  CommandRejectedError,
  InvalidArgumentError,
  InvalidStateError,
  type Repository,
} from "@annals/core";
import { expect } from "vitest";
import type { OpaqueTx } from "../bench.ts";
import { contractGroup } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";
import { defineReceipt } from "../entities/receipt.ts";
import { thrownBy } from "../thrown-by.ts";

type Accounts = Repository<ReturnType<typeof defineAccount>, OpaqueTx>;

const everyAccount = async (accounts: Accounts) => (await accounts.list()).items;

export const createAndUpdate = contractGroup("create, update and read back", {
  "a new entity comes back as it was created": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "Ada@example.com", name: "Ada" });
    expect(ada.version).toBe(1);
    expect(ada.pending).toEqual([]);
    const event = { type: "AccountOpened", email: "Ada@example.com", name: "Ada", nickname: null };
    expect(ada.history).toEqual([event]);

    const read = await accounts.findById(ada.id);
    expect(read).not.toBe(ada);
    expect(read.id).toBe(ada.id);
    expect(read.version).toBe(1);
    expect(read.history).toEqual([event]);
    expect(read.pending).toEqual([]);
    expect(read.state).toEqual({
      email: "Ada@example.com",
      name: "Ada",
      nickname: null,
      status: "active",
    });
  },

  "a command's events are pending until they are updated": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "ada@example.com" });
    expect(ada.changeEmail("countess@example.com")).toBe("executed");
    const pending = [{ type: "EmailChanged", email: "countess@example.com" }];
    expect(ada.pending).toEqual(pending);
    expect(ada.version).toBe(1);
    expect(ada.state.email).toBe("countess@example.com");
    expect((await accounts.findById(ada.id)).state.email).toBe("ada@example.com");

    expect(await accounts.update(ada)).toBe(1);
    expect(ada.pending).toEqual([]);
    expect(ada.version).toBe(2);
    const read = await accounts.findById(ada.id);
    expect(read.version).toBe(2);
    expect(read.history.slice(1)).toEqual(pending);
    expect(read.state).toEqual(ada.state);
  },

  "several events are appended together and in order": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "ada@example.com" });
    ada.handOver("grace@example.com", "Grace");
    ada.rename("Grace Hopper");
    ada.suspend("moved");
    expect(await accounts.update(ada)).toBe(4);
    const read = await accounts.findById(ada.id);
    expect(read.version).toBe(5);
    expect(read.history.map(({ type }) => type)).toEqual([
      ...["AccountOpened", "EmailChanged", "Renamed", "Renamed", "AccountSuspended"],
    ]);
    expect(read.history).toEqual(ada.history);
  },

  "two hundred events in one append keep their order": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "ada@example.com" });
    const names = Array.from({ length: 200 }, (_, at) => `Ada ${at}`);
    for (const name of names) ada.rename(name);
    expect(await accounts.update(ada)).toBe(200);
    const read = await accounts.findById(ada.id);
    expect(read.history.slice(1)).toEqual(names.map((name) => ({ type: "Renamed", name })));
  },

  "update with nothing pending writes nothing": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "ada@example.com" });
    expect(await accounts.update(ada)).toBe(0);
    expect(ada.changeEmail("ada@example.com")).toBe("alreadyApplied");
    expect(await accounts.update(ada)).toBe(0);
    expect((await accounts.findById(ada.id)).version).toBe(1);
  },

  "an entity can be updated again and again": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "ada@example.com" });
    for (const name of ["B", "C", "D"]) {
      ada.rename(name);
      expect(await accounts.update(ada)).toBe(1);
    }
    const read = await accounts.findById(ada.id);
    read.rename("E");
    await accounts.update(read);
    expect((await accounts.findById(ada.id)).version).toBe(5);
  },

  "a rejected command leaves nothing to write": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "ada@example.com" });
    ada.suspend("gone");
    await accounts.update(ada);
    const rejected = Promise.resolve().then(() => ada.changeEmail("x@example.com"));
    const error = await thrownBy(rejected, CommandRejectedError);
    expect(error.reason).toBe("suspended");
    expect(ada.attempt.changeEmail("x@example.com")).toMatchObject({ outcome: "rejected" });
    expect(await accounts.update(ada)).toBe(0);
  },

  "an invalid state is refused and leaves nothing behind": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    await thrownBy(accounts.create({ email: "" }), InvalidStateError);
    expect(await everyAccount(accounts)).toEqual([]);
    const ada = await accounts.create({ email: "ada@example.com" });
    expect(ada.attempt.rename("")).toMatchObject({ outcome: "invalid" });
    expect(ada.pending).toEqual([]);
    expect(await accounts.update(ada)).toBe(0);
  },

  "another definition's entity is refused": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const receipts = await bench.repository(defineReceipt);
    const receipt = await receipts.create("one");
    await thrownBy(accounts.update(receipt as never), InvalidArgumentError);
    await thrownBy(accounts.update({} as never), InvalidArgumentError);
  },

  "a second definition of the same tables is refused": async (bench) => {
    const first = await bench.define(defineAccount);
    bench.store.entity(first.plan);
    bench.store.entity(first.plan);
    const second = defineAccount(first.name);
    expect(() => bench.store.entity(second.plan)).toThrow(/another definition/);
  },
});
