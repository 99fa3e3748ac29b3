import { createStoreConsumer, type EventOf } from "@annals/core";
import { expect } from "vitest";
import type { Bench } from "../bench.ts";
import { contractGroup, needs } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";
import { ADDED, defineContact, storeOld } from "../entities/contact.ts";
import { followAccounts } from "../followed.ts";

type Contact = ReturnType<typeof defineContact>;

/** The definition as processes have it that were not deployed anew: it ends with an older version. */
const withoutNewest = (definition: Contact): Contact => {
  const model = Reflect.ownKeys(definition).find((key) => typeof key === "symbol") as symbol;
  const whole = (definition as unknown as Record<symbol, { events: Map<string, object> }>)[model];
  const events = new Map(whole?.events);
  const storedTypes = new Map(
    (whole as unknown as { storedTypes: Map<string, object> }).storedTypes,
  );
  storedTypes.delete("EmailChanged");
  events.set("EmailChanged", { ...events.get("EmailChanged"), version: 2 });
  return { ...definition, [model]: { ...whole, events, storedTypes } };
};

const following = (bench: Bench, name: string, definition: Contact) => {
  const seen: EventOf<Contact>["type"][] = [];
  const consumer = createStoreConsumer(bench.store, {
    ...{ name, pollIntervalMs: 10, leaseMs: 300 },
    topics: [definition],
    onEvent: ({ type }) => void seen.push(type),
  });
  return { seen, consumer };
};

export const rollOuts = contractGroup("roll-outs", {
  "a version that is not known yet waits, and its key with it": async (bench) => {
    const Contact = await bench.define(defineContact);
    await storeOld(bench, Contact, [
      ADDED,
      { type: "EmailChanged", v: 3, email: "new" },
      { type: "NameChanged", name: "Eve" },
    ]);
    await storeOld(bench, Contact, [ADDED]);
    const old = following(bench, Contact.name, withoutNewest(Contact));
    await old.consumer.catchUp();
    expect(old.seen).toEqual(["ContactAdded", "ContactAdded"]);
    const admin = bench.store.consumers();
    expect(await admin.deadLetters({ consumer: Contact.name })).toMatchObject([
      { status: "waiting", eventType: "EmailChanged", attempts: 0 },
    ]);
    const state = (await admin.list()).find(({ name }) => name === Contact.name);
    expect(state).toMatchObject({ waitingEvents: 1, heldKeys: 1, deadLetters: 0 });
    const young = following(bench, Contact.name, Contact);
    await young.consumer.catchUp();
    expect(young.seen).toEqual(["EmailChanged", "Renamed"]);
  },

  "an old process leaves everything to one that knows a newer version": needs(
    "several connections",
    async (bench) => {
      const Contact = await bench.define(defineContact);
      const stop = new AbortController();
      const old = following(bench, Contact.name, withoutNewest(Contact));
      const young = following(bench, Contact.name, Contact);
      const running = [old, young].map(({ consumer }) => consumer.run({ signal: stop.signal }));
      const waits = async () => {
        const all = await bench.store.consumers().list();
        const state = all.find(({ name }) => name === Contact.name);
        return state?.processes.map(({ waitsBecause }) => waitsBecause).filter(Boolean) ?? [];
      };
      await expect
        .poll(waits, { timeout: 20_000 })
        .toEqual([`another process handles ${Contact.name}:EmailChanged@3`]);
      await storeOld(bench, Contact, [ADDED, { type: "EmailChanged", v: 3, email: "new" }]);
      await expect.poll(() => young.seen.length, { timeout: 20_000 }).toBe(2);
      expect(old.seen).toEqual([]);
      stop.abort();
      await Promise.all(running);
    },
  ),

  "topics change from where the consumer stands, when it is declared": async (bench) => {
    const one = await followAccounts(bench);
    const Other = await bench.define(defineAccount);
    await one.write(2, 1);
    const name = `${one.Account.name}.changing`;
    const seen: string[] = [];
    const both = (changedTopics: "refuse" | "from-checkpoint") =>
      createStoreConsumer(bench.store, {
        ...{ name, changedTopics },
        topics: [one.Account, Other],
        onEvent: (_, { topic }) => void seen.push(topic),
      });
    const alone = createStoreConsumer(bench.store, {
      ...{ name, changedTopics: "from-checkpoint" },
      topics: [one.Account],
      onEvent: (_, { topic }) => void seen.push(topic),
    });
    await alone.catchUp();
    expect(seen.splice(0)).toHaveLength(4);
    await expect(both("refuse").catchUp()).rejects.toMatchObject({
      code: "ANNALS_CONSUMER_CHANGED",
    });
    await both("from-checkpoint").catchUp();
    await one.write(1, 0);
    await both("refuse").catchUp();
    expect(seen.splice(0)).toEqual([one.Account.name]);
    await alone.catchUp();
    expect((await bench.store.consumers().list()).find((c) => c.name === name)?.topics).toEqual([
      expect.stringContaining(one.Account.name),
    ]);
  },

  "a process that runs is told when its consumer is renamed or removed": needs(
    "several connections",
    async (bench) => {
      const { Account, consumer, deliveries, write } = await followAccounts(bench);
      const { signal } = new AbortController();
      const ended = (name: string) =>
        consumer({ name })
          .run({ signal })
          .catch((error: unknown) => error);
      const running = ended(Account.name);
      await write(1, 0);
      await expect.poll(() => deliveries.length, { timeout: 20_000 }).toBe(1);
      const admin = bench.store.consumers();
      const name = `${Account.name}.renamed`;
      await admin.rename(Account.name, name);
      expect(await running).toMatchObject({ code: "ANNALS_CONSUMER_RENAMED", renamedTo: name });
      await expect(consumer().catchUp()).rejects.toMatchObject({ code: "ANNALS_CONSUMER_RENAMED" });
      await write(1, 0);
      const again = ended(name);
      await expect.poll(() => deliveries.length, { timeout: 20_000 }).toBe(2);
      const taken = admin.rename(name, name);
      expect(await taken).toBe(true);
      await admin.remove(name);
      expect(await again).toMatchObject({ code: "ANNALS_CONSUMER_REMOVED" });
    },
  ),
});
