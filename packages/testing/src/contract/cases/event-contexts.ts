import {
  type AnyEntity,
  ConcurrentModificationError,
  createStoreConsumer,
  createStoreRepository,
  type JsonObject,
} from "@annals/core";
import { expect } from "vitest";
import type { Bench } from "../bench.ts";
import { contractGroup } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";
import { defineNote } from "../entities/note.ts";
import { defineReceipt } from "../entities/receipt.ts";
import { scopedContext } from "../scoped-context.ts";
import { thrownBy } from "../thrown-by.ts";

/** The contexts that a topic's events were stored with, by `id/sequence`, as a consumer sees them. */
const storedContexts = async <Definition extends AnyEntity>(
  bench: Bench,
  definition: Definition,
): Promise<Record<string, JsonObject | null>> => {
  const contexts: Record<string, JsonObject | null> = {};
  const name = `${definition.name}.contexts`;
  const note = (_event: object, meta: EventPlace) => {
    contexts[`${meta.entityId}/${meta.sequence}`] = meta.context;
  };
  const on = Object.fromEntries(definition.plan.eventTypes.map((type) => [type, note]));
  await createStoreConsumer<readonly [AnyEntity], unknown>(bench.store, {
    name,
    topics: [definition],
    on,
  }).catchUp();
  return contexts;
};

interface EventPlace {
  readonly entityId: string;
  readonly sequence: number;
  readonly context: JsonObject | null;
}

const openAccounts = async (bench: Bench) => {
  const context = scopedContext();
  const Account = await bench.define(defineAccount);
  const accounts = createStoreRepository(Account, bench.store, { context });
  return { context, Account, accounts, contexts: () => storedContexts(bench, Account) };
};

export const eventContexts = contractGroup("context of events", {
  "events carry the context of the call that stored them": async (bench) => {
    const { context, accounts, contexts } = await openAccounts(bench);
    const ada = await context.within({ actor: "registrar", tags: ["web", { n: 1 }] }, () =>
      accounts.create({ email: "ada@example.com" }),
    );
    ada.rename("Grace");
    await context.within({ actor: "clerk" }, async () => {
      ada.rename("Countess");
      await accounts.update(ada);
    });
    ada.suspend("gone");
    await accounts.update(ada);
    expect(await contexts()).toEqual({
      [`${ada.id}/1`]: { actor: "registrar", tags: ["web", { n: 1 }] },
      [`${ada.id}/2`]: { actor: "clerk" },
      [`${ada.id}/3`]: { actor: "clerk" },
      [`${ada.id}/4`]: null,
    });
  },

  "without a context, nothing is stored in its place": async (bench) => {
    const Account = await bench.define(defineAccount);
    const accounts = createStoreRepository(Account, bench.store);
    const ada = await accounts.create({ email: "ada@example.com" });
    expect(await storedContexts(bench, Account)).toEqual({ [`${ada.id}/1`]: null });
  },

  "a definition can leave the context out": async (bench) => {
    const context = scopedContext();
    const Note = await bench.define(defineNote);
    const notes = createStoreRepository(Note, bench.store, { context });
    const note = await context.within({ actor: "clerk" }, () => notes.create("one"));
    note.write("two");
    await context.within({ actor: "clerk" }, () => notes.update(note));
    const contexts = await storedContexts(bench, Note);
    expect(contexts).toEqual({ [`${note.id}/1`]: null, [`${note.id}/2`]: null });
  },

  "calls at the same time keep their contexts apart": async (bench) => {
    const { context, accounts, contexts } = await openAccounts(bench);
    const actors = Array.from({ length: 20 }, (_, n) => `actor ${n}`);
    const made = await Promise.all(
      actors.map((actor) =>
        context.within({ actor }, async () => {
          const account = await accounts.create({ email: `${actor}@example.com` });
          account.rename(actor);
          await accounts.update(account);
          return account;
        }),
      ),
    );
    const expected = made.flatMap(({ id }, n) =>
      [1, 2].map((sequence) => [`${id}/${sequence}`, { actor: actors[n] }]),
    );
    expect(await contexts()).toEqual(Object.fromEntries(expected));
  },

  "in a transaction, each call keeps its own context": async (bench) => {
    const { context, accounts, contexts } = await openAccounts(bench);
    const [ada, bob] = await bench.transaction(async (tx) => {
      const first = await context.within({ actor: "one" }, () =>
        accounts.create({ email: "ada@example.com" }, { tx }),
      );
      const second = await context.within({ actor: "two" }, () =>
        accounts.create({ email: "bob@example.com" }, { tx }),
      );
      return [first, second];
    });
    expect(await contexts()).toEqual({
      [`${ada?.id}/1`]: { actor: "one" },
      [`${bob?.id}/1`]: { actor: "two" },
    });
  },

  "a context that cannot be had leaves the entity as it was": async (bench) => {
    const Account = await bench.define(defineAccount);
    let isBroken = false;
    const stored = () => {
      if (isBroken) throw new RangeError("no context");
      return undefined;
    };
    const accounts = createStoreRepository(Account, bench.store, { context: { stored } });
    const ada = await accounts.create({ email: "ada@example.com" });
    ada.rename("Countess");
    isBroken = true;
    await thrownBy(accounts.create({ email: "bob@example.com" }), RangeError);
    await thrownBy(accounts.update(ada), RangeError);
    expect(await accounts.count()).toBe(1);
    isBroken = false;
    expect(await accounts.update(ada)).toBe(1);
    expect((await accounts.findById(ada.id)).version).toBe(2);
  },

  "a refused write says nothing of its context": async (bench) => {
    const { context, accounts, contexts } = await openAccounts(bench);
    const ada = await accounts.create({ email: "ada@example.com" });
    const other = await accounts.findById(ada.id);
    ada.rename("One");
    await accounts.update(ada);
    other.rename("Two");
    await context.within({ actor: "late" }, () =>
      thrownBy(accounts.update(other), ConcurrentModificationError),
    );
    expect(Object.values(await contexts())).toEqual([null, null]);
  },

  "what a handler stores names the event that caused it": async (bench) => {
    const { context, Account, accounts, contexts } = await openAccounts(bench);
    const Receipt = await bench.define(defineReceipt);
    const receipts = createStoreRepository(Receipt, bench.store, { context });
    const ada = await context.within({ actor: "clerk", correlationId: "request-1" }, () =>
      accounts.create({ email: "ada@example.com" }),
    );
    const bob = await accounts.create({ email: "bob@example.com" });
    const issued = new Map<string, string>();
    const consumer = createStoreConsumer(bench.store, {
      name: Account.name,
      topics: [Account],
      context,
      on: {
        AccountOpened: async (_event, { entityId, tx }) => {
          const receipt = await receipts.create(entityId, { tx });
          issued.set(entityId, `${receipt.id}/1`);
        },
      },
    });
    await context.within({ actor: "receipts" }, () => consumer.catchUp());
    const causes = { ada: `${Account.name}/${ada.id}/1`, bob: `${Account.name}/${bob.id}/1` };
    expect(await storedContexts(bench, Receipt)).toEqual({
      [issued.get(ada.id) ?? ""]: {
        actor: "receipts",
        causationId: causes.ada,
        correlationId: "request-1",
      },
      [issued.get(bob.id) ?? ""]: {
        actor: "receipts",
        causationId: causes.bob,
        correlationId: causes.bob,
      },
    });
    expect((await contexts())[`${ada.id}/1`]).toEqual({
      actor: "clerk",
      correlationId: "request-1",
    });
  },

  "a chain of causes keeps its correlation": async (bench) => {
    const context = scopedContext();
    const Note = await bench.define((name) => defineNote(name, { context: true }));
    const notes = createStoreRepository(Note, bench.store, { context });
    const first = await notes.create("0");
    const consumer = createStoreConsumer(bench.store, {
      name: Note.name,
      topics: [Note],
      context,
      batchSize: 1,
      on: {
        NoteTaken: async ({ text }, { tx }) => {
          if (Number(text) < 3) await notes.create(String(Number(text) + 1), { tx });
        },
      },
    });
    await consumer.catchUp();
    const { items } = await notes.list({ orderBy: "text" });
    const identities = items.map(({ id }) => `${Note.name}/${id}/1`);
    const contexts = await storedContexts(bench, Note);
    expect(items.map(({ id }) => contexts[`${id}/1`])).toEqual([
      null,
      ...[0, 1, 2].map((n) => ({
        causationId: identities[n],
        correlationId: `${Note.name}/${first.id}/1`,
      })),
    ]);
  },
});
