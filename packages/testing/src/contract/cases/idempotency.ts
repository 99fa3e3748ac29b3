import { setTimeout as sleep } from "node:timers/promises";
import {
  ConcurrentModificationError,
  DuplicateValueError,
  IdempotencyKeyReusedError,
  InvalidArgumentError,
  InvalidStateError,
  isReplayed,
} from "@annals/core";
import { expect } from "vitest";
import { contractGroup } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";
import { defineReceipt } from "../entities/receipt.ts";
import { thrownBy } from "../thrown-by.ts";

const once = { idempotencyKey: "a-key" };

export const idempotency = contractGroup("idempotency keys: create and update", {
  "a repeated create returns the first one's entity, and says so": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const first = await accounts.create({ email: "ada@example.com", name: "Ada" }, once);
    expect(isReplayed(first)).toBe(false);
    const again = await accounts.create({ name: "Ada", email: "ada@example.com" }, once);
    expect(isReplayed(again)).toBe(true);
    expect(again.toJSON()).toEqual(first.toJSON());
    expect(again.history).toEqual(first.history);
    expect(again.pending).toEqual([]);
    expect(await accounts.count()).toBe(1);
  },

  "many creates at once are one": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const input = { email: "ada@example.com" };
    const all = await Promise.all(Array.from({ length: 20 }, () => accounts.create(input, once)));
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect(all.filter((one) => !isReplayed(one))).toHaveLength(1);
    expect(await accounts.count()).toBe(1);
    expect((await accounts.findByEmail("ada@example.com")).version).toBe(1);
  },

  "a repetition gets the entity as it was then": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "ada@example.com" }, once);
    ada.rename("Countess");
    ada.changeEmail("countess@example.com");
    await accounts.update(ada);
    const again = await accounts.create({ email: "ada@example.com" }, once);
    expect(again).toMatchObject({ id: ada.id, version: 1, state: { email: "ada@example.com" } });
    again.rename("Stale");
    await thrownBy(accounts.update(again), ConcurrentModificationError);
  },

  "another request under the same key is refused": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "ada@example.com" }, once);
    const other = accounts.create({ email: "grace@example.com" }, once);
    const error = await thrownBy(other, IdempotencyKeyReusedError);
    expect(error.idempotencyKey).toBe("a-key");
    expect(error.message).not.toContain("a-key");
    expect(await accounts.count()).toBe(1);

    ada.rename("Countess");
    await thrownBy(accounts.update(ada, once), IdempotencyKeyReusedError);
    await thrownBy(
      accounts.transact(ada.id, () => {}, once),
      IdempotencyKeyReusedError,
    );
    expect((await accounts.findById(ada.id)).version).toBe(1);
    // What was refused is pending still, and can be written under a key of its own.
    expect(await accounts.update(ada, { idempotencyKey: "another" })).toBe(1);
  },

  "keys are apart for each entity type": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const receipts = await bench.repository(defineReceipt);
    const ada = await accounts.create({ email: "ada@example.com" }, once);
    const receipt = await receipts.create("one", once);
    expect([isReplayed(ada), isReplayed(receipt)]).toEqual([false, false]);
  },

  "a repeated update leaves the entity as the first one did": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const { id } = await accounts.create({ email: "ada@example.com" });
    const ada = await accounts.findById(id);
    ada.handOver("grace@example.com", "Grace");
    expect(await accounts.update(ada, once)).toBe(2);
    expect(isReplayed(ada)).toBe(false);
    ada.rename("Later");
    await accounts.update(ada);

    // A client tries again, and the same is decided on what is stored by now.
    const again = await accounts.findById(id);
    again.handOver("grace@example.com", "Grace");
    expect(await accounts.update(again, once)).toBe(2);
    expect(isReplayed(again)).toBe(true);
    expect(again).toMatchObject({ version: 3, pending: [], state: { name: "Grace" } });
    expect(again.history).toHaveLength(3);
    expect((await accounts.findById(id)).version).toBe(4);
    again.rename("Stale");
    await thrownBy(accounts.update(again), ConcurrentModificationError);
  },

  "of equal updates at once, one is written, and all entities are current": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const { id } = await accounts.create({ email: "ada@example.com" });
    const copies = await Promise.all(Array.from({ length: 8 }, () => accounts.findById(id)));
    for (const copy of copies) copy.rename("Countess");
    const counts = await Promise.all(copies.map((copy) => accounts.update(copy, once)));
    expect(counts).toEqual(copies.map(() => 1));
    expect(copies.filter((copy) => !isReplayed(copy))).toHaveLength(1);
    for (const copy of copies) expect(copy).toMatchObject({ version: 2, pending: [] });
    const replayed = copies.find((copy) => isReplayed(copy)) as (typeof copies)[number];
    replayed.rename("Later");
    expect(await accounts.update(replayed)).toBe(1);
    expect(isReplayed(replayed)).toBe(false);
    expect((await accounts.findById(id)).state.name).toBe("Later");
  },

  "what writes nothing leaves its key new": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "ada@example.com" });
    await thrownBy(accounts.create({ email: "" }, once), InvalidStateError);
    await thrownBy(accounts.create({ email: "ada@example.com" }, once), DuplicateValueError);
    expect(await accounts.update(ada, once)).toBe(0);
    const stale = await accounts.findById(ada.id);
    ada.rename("Countess");
    await accounts.update(ada);
    stale.rename("Stale");
    await thrownBy(accounts.update(stale, once), ConcurrentModificationError);
    await accounts.transact(ada.id, (one) => one.changeEmail("ada@example.com"), once);
    const grace = await accounts.create({ email: "grace@example.com" }, once);
    expect(isReplayed(grace)).toBe(false);
  },

  "a key that has expired is new": async (bench) => {
    const brief = await bench.repository(defineAccount, { idempotencyKeyTtlMs: 1 });
    const ada = await brief.create({ email: "ada@example.com" }, once);
    await sleep(20);
    const grace = await brief.create({ email: "grace@example.com" }, once);
    expect(isReplayed(grace)).toBe(false);
    await sleep(20);
    ada.rename("Countess");
    expect(await brief.update(ada, once)).toBe(1);
    expect(isReplayed(ada)).toBe(false);
    await sleep(20);
    await thrownBy(brief.create({ email: "grace@example.com" }, once), DuplicateValueError);
  },

  "what was asked for can be said where the events differ": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const request = { rename: "any", at: new Date(0), amount: 3n };
    const { id } = await accounts.create({ email: "ada@example.com" });
    for (const [at, name] of ["A", "B"].entries()) {
      const ada = await accounts.findById(id);
      ada.rename(name);
      expect(await accounts.update(ada, { ...once, request })).toBe(1);
      expect(isReplayed(ada)).toBe(at > 0);
      expect(ada.state.name).toBe("A");
    }
    const other = await accounts.findById(id);
    other.rename("C");
    const refused = accounts.update(other, { ...once, request: { ...request, amount: 4n } });
    await thrownBy(refused, IdempotencyKeyReusedError);
  },

  "keys and requests that cannot be used are refused": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const input = { email: "ada@example.com" };
    for (const idempotencyKey of ["", "k".repeat(256), "\u0000", "\ud800", 7 as never]) {
      await thrownBy(accounts.create(input, { idempotencyKey }), InvalidArgumentError);
    }
    const request = { list: [{ call: () => "secret" }] };
    const error = await thrownBy(
      accounts.create(input, { ...once, request }),
      InvalidArgumentError,
    );
    expect(error.message).toContain("request.list.0.call: a function");
    const ada = await accounts.create(input, { idempotencyKey: "\u{1f511}".repeat(127) });
    ada.rename("Countess");
    await thrownBy(accounts.update(ada, { idempotencyKey: "" }), InvalidArgumentError);
    expect(await accounts.update(ada)).toBe(1);
    for (const idempotencyKeyTtlMs of [0, 1.5, Number.NaN, 1e15]) {
      await thrownBy(
        bench.repository(defineAccount, { idempotencyKeyTtlMs }),
        InvalidArgumentError,
      );
    }
  },
});
