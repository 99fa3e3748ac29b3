import {
  type ContextSource,
  createStoreConsumer,
  createStoreErasure,
  createStoreRepository,
  createStoreTopic,
  defineTopic,
  forgotten,
  type JsonObject,
  KeysRequiredError,
  personal,
  replayStore,
} from "@annals/core";
import { contextModel } from "@annals/core/adapter";
import { expect } from "vitest";
import * as z from "zod";
import type { Bench } from "../bench.ts";
import { contractGroup } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";
import { defineOrder } from "../entities/order.ts";
import { countedKeys, withPatients } from "../entities/patient.ts";
import { thrownBy } from "../thrown-by.ts";

const schema = z.object({
  actor: z.string().optional(),
  ip: personal(z.string()).optional(),
  device: z.object({ name: personal(z.string()) }).optional(),
});
const values = { ip: "marker-1", device: { name: "marker-2" } };

/** A context that is said rather than followed. */
const contextOf = (kind: string) => {
  const erasure = { subject: { kind, field: "actor" } };
  const model = contextModel(schema, erasure);
  let current: JsonObject | undefined;
  const source: ContextSource = { stored: () => current, erasure };
  return {
    ...source,
    runCaused: <Result>(_: unknown, work: () => Result): Result => work(),
    say: (given: z.output<typeof schema> | undefined): void => {
      current = given && model.encode(given).stored;
    },
    read: (stored: JsonObject | null) => stored && model.decode(stored),
  };
};

const withAccounts = async (bench: Bench) => {
  const keys = countedKeys();
  const Account = await bench.define(defineAccount);
  const context = contextOf(`${Account.name}Clerk`);
  const accounts = createStoreRepository(Account, bench.store, { context, keys });
  const erasure = createStoreErasure(bench.store, { definitions: [], contexts: [context], keys });
  return {
    ...{ keys, Account, context, accounts },
    forget: (id: string) =>
      erasure.forget({ kind: `${Account.name}Clerk`, id }, { reason: "request 1" }),
    /** The contexts of one account's events. */
    contexts: async (id: string) =>
      (await accounts.history(id)).items.map((one) => context.read(one.context)),
    /** The same as they are stored. */
    stored: async (id: string) => {
      const query = { above: 0, below: 100, direction: "asc", limit: 100 } as const;
      return JSON.stringify(
        await bench.store.entity(Account.plan).history(id, query, undefined, {}),
      );
    },
  };
};

export const personalContexts = contractGroup("personal values in contexts and headers", {
  "come back to whoever has the keys, and are not stored in the clear": async (bench) => {
    const { context, accounts, contexts, stored } = await withAccounts(bench);
    context.say({ actor: "ada", ...values });
    const account = await accounts.create({ email: "a@example.com" });
    account.rename("Grace");
    account.suspend("x");
    await accounts.update(account);
    context.say(undefined);
    const plain = await accounts.create({ email: "b@example.com" });
    const said = { actor: "ada", ...values };
    expect(await contexts(account.id)).toEqual([said, said, said]);
    expect(await contexts(plain.id)).toEqual([null]);
    expect(await stored(account.id)).toMatch(/ada/);
    expect(await stored(account.id)).not.toMatch(/marker/);
  },

  "come back with the history of a tree": async (bench) => {
    const { Order } = await bench.defineAll(defineOrder);
    const context = contextOf(`${Order.name}Clerk`);
    const orders = createStoreRepository(Order, bench.store, { context, keys: countedKeys() });
    context.say({ actor: "ada", ...values });
    const { id } = await orders.create({ customer: "Bea", notes: ["call first"] });
    const { items } = await orders.treeHistory(id);
    const said = { actor: "ada", ...values };
    expect(items.map((one) => context.read(one.context))).toEqual([said, said]);
  },

  "reach handlers and replays of those who know the context": async (bench) => {
    const { Account, context, accounts, keys } = await withAccounts(bench);
    context.say({ actor: "ada", ...values });
    const [account] = await accounts.createAll([
      { email: "a@example.com" },
      { email: "b@example.com" },
    ]);
    const seen: unknown[] = [];
    const follow = {
      topics: [Account] as const,
      context,
      keys,
      onEvent: (_: object, meta: { readonly context: JsonObject | null }) => {
        seen.push(context.read(meta.context));
      },
    };
    const said = { actor: "ada", ...values };
    const name = `${Account.name}.seen`;
    await createStoreConsumer(bench.store, { ...follow, name }).catchUp();
    expect(seen).toEqual([said, said]);
    await replayStore(bench.store, { ...follow, to: "now" });
    expect(seen).toEqual([said, said, said, said]);
    expect(account?.version).toBe(1);
  },

  "are forgotten with whom they are about, and no event changes": async (bench) => {
    const { context, accounts, contexts, stored, forget } = await withAccounts(bench);
    context.say({ actor: "ada", ...values });
    const account = await accounts.create({ email: "a@example.com" });
    context.say({ actor: "bob", ip: "marker-3" });
    account.rename("Grace");
    await accounts.update(account);
    const before = await stored(account.id);
    await forget("ada");
    expect(await stored(account.id)).toBe(before);
    expect(await contexts(account.id)).toEqual([
      { actor: "ada", ip: forgotten, device: { name: forgotten } },
      { actor: "bob", ip: "marker-3" },
    ]);
    // What somebody still does is recorded, and nothing of who it was.
    context.say({ actor: "ada", ip: "marker-4" });
    account.rename("Countess");
    await accounts.update(account);
    expect((await contexts(account.id)).at(-1)).toEqual({ actor: "ada", ip: forgotten });
    expect(await stored(account.id)).not.toMatch(/marker/);
  },

  "go back with a transaction, and come with it": async (bench) => {
    const { context, accounts, contexts } = await withAccounts(bench);
    context.say({ actor: "carl", ip: "marker-1" });
    const account = await accounts.create({ email: "a@example.com" }, { tx: "none" });
    account.rename("Grace");
    const undone = bench.store.transaction(async (tx) => {
      context.say({ actor: "dora", ip: "marker-2" });
      await accounts.update(account, { tx });
      throw new Error("no");
    });
    await expect(undone).rejects.toThrow("no");
    await bench.store.transaction((tx) => accounts.update(account, { tx }));
    expect(await contexts(account.id)).toEqual([
      { actor: "carl", ip: "marker-1" },
      { actor: "dora", ip: "marker-2" },
    ]);
  },

  "are nothing without keys, or when they are about nobody": async (bench) => {
    const { Account, context } = await withAccounts(bench);
    const open = async () => createStoreRepository(Account, bench.store, { context });
    await thrownBy(open(), KeysRequiredError);
    expect(() => context.say({ ip: "marker-1" })).toThrow(
      expect.objectContaining({ code: "ANNALS_INVALID_CONTEXT" }),
    );
    expect(() => context.say({ actor: "", ip: "marker-1" })).toThrow(/names nobody/);
    context.say({ actor: "ada" });
    expect(context.stored()).toEqual({ actor: "ada" });
  },

  "stand beside personal events, whose children have them too": async (bench) => {
    const { Patient, keys, patients } = await withPatients(bench, "crypto-shredding");
    const context = contextOf(Patient.name);
    const known = createStoreRepository(Patient, bench.store, { context, keys });
    const ada = await patients.create({ email: "ada@example.com" });
    context.say({ actor: ada.id, ip: "marker-1" });
    ada.move("b");
    await known.update(ada);
    const read = async () =>
      (await known.history(ada.id)).items.map(({ context: one }) => context.read(one));
    expect(await read()).toEqual([null, { actor: ada.id, ip: "marker-1" }]);
    const subject = { kind: Patient.name, id: ada.id };
    const erasure = createStoreErasure(bench.store, { definitions: [Patient], keys });
    await erasure.forget(subject, { reason: "request 1" });
    expect((await read())[1]).toEqual({ actor: ada.id, ip: forgotten });
  },

  "are sealed in headers that a topic names, and in its contexts": async (bench) => {
    const keys = countedKeys();
    const kind = "reader";
    const context = contextOf(kind);
    const { definition: Feed } = await bench.topic(
      (name) =>
        defineTopic({
          name,
          events: { Opened: z.object({ readerId: z.string() }) },
          erasure: {
            method: "crypto-shredding",
            subject: { kind, field: "readerId" },
            headers: ["ip", "agent"],
          },
          compaction: true,
        }),
      { keys },
    );
    const feed = createStoreTopic(Feed, bench.store, { keys, context });
    context.say({ actor: "r1", ip: "marker-1" });
    const headers = { ip: "marker-2", trace: "t-1" };
    await feed.publish({ type: "Opened", readerId: "r1" }, { key: "r1", headers });
    const stored = await bench.store.topic(Feed.plan).latest("r1", undefined);
    expect(JSON.stringify(stored)).not.toMatch(/marker/);
    expect((await feed.latest("r1"))?.headers).toEqual(headers);
    const handled: unknown[] = [];
    const consumer = (name: string) =>
      createStoreConsumer(bench.store, {
        name: `${Feed.name}.${name}`,
        topics: [Feed],
        ...{ keys, context },
        on: {
          Opened: (_, meta) => {
            handled.push([meta.headers, context.read(meta.context)]);
          },
        },
      });
    await consumer("first").catchUp();
    expect(handled).toEqual([[headers, { actor: "r1", ip: "marker-1" }]]);
    const erasure = createStoreErasure(bench.store, { definitions: [Feed], keys });
    await erasure.forget({ kind, id: "r1" }, { reason: "request 1" });
    await consumer("second").catchUp();
    expect(handled[1]).toEqual([{ trace: "t-1" }, { actor: "r1", ip: forgotten }]);
    expect((await feed.latest("r1"))?.headers).toEqual({ trace: "t-1" });
  },
});
