import { createStoreConsumer } from "@annals/core";
import { expect } from "vitest";
import { contractGroup } from "../contract-case.ts";
import { defineReceipt } from "../entities/receipt.ts";
import { eventKey, followAccounts } from "../followed.ts";

const SHORT = { timeoutMs: 50 };

export const waitFor = contractGroup("waiting for consumers", {
  "what a consumer makes of an entity can be read after waiting for it": async (bench) => {
    const { accounts, consumer, deliveries } = await followAccounts(bench);
    const following = consumer();
    const stop = new AbortController();
    const running = following.run({ signal: stop.signal });
    for (let n = 0; n < 3; n += 1) {
      const account = await accounts.create({ email: `${crypto.randomUUID()}@example.com` });
      await following.waitFor(account, { timeoutMs: 20_000 });
      expect(deliveries.map(eventKey)).toContain(`${account.id}/1`);
      account.rename("Ada");
      await accounts.update(account);
      await following.waitFor(account, { timeoutMs: 20_000 });
      expect(deliveries.map(eventKey)).toContain(`${account.id}/2`);
    }
    stop.abort();
    await running;
  },

  "an entity is waited for by its id and version, and everything by a position": async (bench) => {
    const { Account, accounts, consumer } = await followAccounts(bench);
    const following = consumer();
    const position = await following.catchUp();
    await following.waitFor(position);
    const { id, version } = await accounts.create({ email: "a@example.com" });
    const target = { entity: Account, id, version };
    await expect(following.waitFor(target, SHORT)).rejects.toThrow("1 events behind");
    await expect(following.waitFor(position + 1, SHORT)).rejects.toThrow(/not handled position/);
    const next = await following.catchUp();
    await following.waitFor(target, SHORT);
    await following.waitFor(next, SHORT);
    // What was never written is never handled.
    await expect(following.waitFor({ ...target, version: 2 }, SHORT)).rejects.toThrow();
  },

  "events that it does not read are not waited for": async (bench) => {
    const { Account, accounts } = await followAccounts(bench);
    const consumer = createStoreConsumer(bench.store, {
      name: Account.name,
      topics: [Account],
      on: { Renamed: () => {} },
    });
    await consumer.catchUp();
    const account = await accounts.create({ email: "a@example.com" });
    await consumer.waitFor(account, SHORT);
    account.rename("Ada");
    await accounts.update(account);
    await expect(consumer.waitFor(account, SHORT)).rejects.toThrow();
  },

  "a held key is not handled, the others are": async (bench) => {
    const { accounts, consumer } = await followAccounts(bench);
    const bad = await accounts.create({ email: "bad@example.com" });
    const good = await accounts.create({ email: "good@example.com" });
    const following = consumer({
      onFailure: "hold",
      retry: { attempts: 1 },
      handle: ({ entityId }) => {
        if (entityId === bad.id) throw new RangeError("too far");
      },
    });
    const position = await following.catchUp();
    await following.waitFor(good, SHORT);
    const stuck = { code: "ANNALS_WAIT_TIMEOUT", retryable: true };
    await expect(following.waitFor(bad, SHORT)).rejects.toMatchObject(stuck);
    await expect(following.waitFor(bad, SHORT)).rejects.toThrow(
      new RegExp(`within 50 ms: it is stuck on .*${bad.id} at position \\d+ \\(RangeError\\)`),
    );
    await expect(following.waitFor(position, SHORT)).rejects.toThrow("it is stuck on");
  },

  "the error says that it is paused, or that it has never run": async (bench) => {
    const { Account, accounts, consumer } = await followAccounts(bench);
    const account = await accounts.create({ email: "a@example.com" });
    await expect(consumer().waitFor(account, SHORT)).rejects.toThrow("has ever run");
    await consumer().catchUp();
    account.rename("Ada");
    await accounts.update(account);
    await bench.store.consumers().pause(Account.name, "a migration");
    await expect(consumer().waitFor(account, SHORT)).rejects.toThrow("it is paused: a migration");
  },

  "waiting ends with the signal's reason, and for what it cannot wait for": async (bench) => {
    const { accounts, consumer } = await followAccounts(bench);
    const following = consumer();
    await following.catchUp();
    const account = await accounts.create({ email: "a@example.com" });
    const signal = AbortSignal.timeout(20);
    await expect(following.waitFor(account, { signal })).rejects.toMatchObject({
      name: "TimeoutError",
    });
    const receipts = await bench.repository(defineReceipt);
    const receipt = await receipts.create("x");
    const invalid = { code: "ANNALS_INVALID_ARGUMENT" };
    await expect(following.waitFor(receipt, SHORT)).rejects.toMatchObject(invalid);
    await expect(following.waitFor(-1)).rejects.toMatchObject(invalid);
    const stranger = { id: account.id, version: 1, state: {} };
    await expect(following.waitFor(stranger)).rejects.toMatchObject(invalid);
  },
});
