import {
  CommandRejectedError,
  ConcurrentModificationError,
  createStoreRepository,
  decide,
  EntityNotFoundError,
  ScopeMismatchError,
  TransactionRequiredError,
} from "@annals/core";
import { expect } from "vitest";
import { both } from "../both-methods.ts";
import { contractGroup } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";
import { withPatients } from "../entities/patient.ts";
import { defineWallet } from "../entities/wallet.ts";
import { nextId, scopedProjects } from "../scoped-projects.ts";
import { thrownBy } from "../thrown-by.ts";
import { openOrders } from "./trees.ts";

export const boundariesOfKinds = contractGroup("consistency boundaries of several kinds", {
  "entities of different kinds are decided over together": async (bench) => {
    const wallets = await bench.repository(defineWallet);
    const accounts = await bench.repository(defineAccount);
    const { id } = await wallets.create({ owner: "ada", balance: 10 });
    const ada = await accounts.create({ email: "ada@example.com" });
    const seen: string[] = [];
    const pay = (amount: number) =>
      decide([wallets.byId(id), accounts.byEmail("ADA@example.com")], async (wallet, account) => {
        seen.push(account.state.status);
        if (seen.length === 1) await accounts.transact(ada.id, (one) => one.suspend("spam"));
        if (account.state.status === "active") wallet.withdraw(amount);
        return account.state.status;
      });
    expect((await pay(3)).result).toBe("suspended");
    expect(seen).toEqual(["active", "suspended"]);
    expect((await wallets.findById(id)).version).toBe(1);
    await decide([accounts.byId(ada.id), wallets.byId(id)], (account, wallet) => {
      account.rename("Countess");
      wallet.deposit(1);
    });
    expect((await accounts.findById(ada.id)).state.name).toBe("Countess");
    expect((await wallets.findById(id)).state.balance).toBe(11);
  },

  "a tree counts as a whole, children included": async (bench) => {
    const { orders } = await openOrders(bench);
    const wallets = await bench.repository(defineWallet);
    const { id: walletId } = await wallets.create({ owner: "ada", balance: 10 });
    const { id } = await orders.create({
      customer: "Ada",
      lines: [{ sku: "pen", quantity: 2 }],
      notes: ["call"],
    });
    const quantities: number[] = [];
    await decide([orders.byId(id), wallets.byId(walletId)], async (order, wallet) => {
      const [pen] = order.lines.list;
      quantities.push(pen?.state.quantity ?? 0);
      if (quantities.length === 1) {
        await orders.transact(id, (rival) => rival.changeQuantity(pen?.id ?? "", 5));
      }
      wallet.withdraw(pen?.state.quantity ?? 0);
    });
    expect(quantities).toEqual([2, 5]);
    expect((await wallets.findById(walletId)).state.balance).toBe(5);

    await decide([wallets.byId(walletId), orders.byId(id)], (wallet, order) => {
      wallet.withdraw(1);
      order.changeQuantity(order.lines.list[0]?.id ?? "", 6);
      order.addLine({ sku: "ink", quantity: 1 });
    });
    const after = await orders.findById(id);
    expect(after.lines.list.map(({ state }) => state.quantity)).toEqual([6, 1]);
    expect((await wallets.findById(walletId)).state.balance).toBe(4);

    const refused = decide([orders.byId(id, { children: { notes: false } })], (order) => {
      order.addLine({ sku: "ream", quantity: 99 });
    });
    await thrownBy(refused, CommandRejectedError);
  },

  "a deleted entity is none, unless it is asked for": async (bench) => {
    const { acme, globex, all } = await scopedProjects(bench);
    const ours = await acme.create({ code: "a", team: "core" }, { id: nextId() });
    await acme.delete(ours);
    await thrownBy(
      decide([acme.byId(ours.id)], () => {}),
      EntityNotFoundError,
    );
    const ids = await decide(
      [acme.maybeByCode("a"), acme.byId(ours.id, { includeDeleted: true })],
      (one, deleted) => [one?.id, deleted.isDeleted],
    );
    expect(ids.result).toEqual([undefined, true]);

    const one = await acme.create({ code: "b" }, { id: nextId() });
    const other = await globex.create({ code: "b" }, { id: nextId() });
    await thrownBy(
      decide([acme.byId(one.id), acme.byId(other.id)], () => {}),
      EntityNotFoundError,
    );
    // Each in its scope, and all of them through all scopes.
    await decide([acme.byCode("b"), globex.byCode("b")], (a, b) => {
      a.change({ team: "together" });
      b.change({ team: a.state.team });
    });
    await decide([all.byId(one.id), all.byId(other.id)], (a, b) => {
      expect([a.state.team, b.state.team]).toEqual(["together", "together"]);
      b.change({ team: "apart" });
    });
    expect((await globex.findById(other.id)).state.team).toBe("apart");
    const elsewhere = decide([acme.byId(one.id), acme.creator()], (a, create) => {
      a.change({ team: "lost" });
      create({ code: "c", elsewhere: "globex" }, { id: nextId() });
    });
    await thrownBy(elsewhere, ScopeMismatchError);
    expect((await acme.findById(one.id)).state.team).toBe("together");
    expect(Object.keys(all)).not.toContain("byCode");
  },

  "hooks see what was decided, and can refuse all of it": async (bench) => {
    const definition = await bench.define(defineWallet);
    const told: string[] = [];
    let refuses = false;
    const wallets = createStoreRepository(definition, bench.store, {
      onAppended: async (tx, entity, events) => {
        const stored = await plain.findById(entity.id, { tx });
        told.push(`${entity.state.owner} ${stored.state.balance} ${events.length}`);
        if (refuses) throw new Error("refused by a hook");
      },
    });
    const plain = createStoreRepository(definition, bench.store);
    const { id: a } = await plain.create({ owner: "ada", balance: 10 });
    const { id: b } = await plain.create({ owner: "bob" });
    const move = () =>
      decide([wallets.byId(a), wallets.byId(b), wallets.creator()], (from, to, create) => {
        from.withdraw(2);
        to.deposit(1);
        if (!refuses) create({ owner: "cy", balance: 1 });
      });
    await move();
    expect(told.toSorted()).toEqual(["ada 8 1", "bob 1 1", "cy 1 1"]);
    refuses = true;
    await expect(move()).rejects.toThrow("refused by a hook");
    expect((await plain.findById(a)).state.balance).toBe(8);
  },

  "personal values are sealed as ever": both(async (bench, method) => {
    const { patients, visits, forget, Patient } = await withPatients(bench, method);
    const { id } = await patients.create({ email: "marker@example.com" });
    const { result: visit } = await decide(
      [patients.byEmail("MARKER@example.com"), visits.creator()],
      (patient, plan) => {
        patient.changeEmail("marker-2@example.com");
        return plan({ patientId: patient.id, complaint: "marker-3" });
      },
    );
    const [stored] = await bench.store.entity(Patient.plan).load([id], undefined);
    expect(JSON.stringify(stored)).not.toContain("marker");
    expect((await visits.findById(visit?.id ?? "")).state.complaint).toBe("marker-3");
    const seen: unknown[] = [];
    await decide([patients.byId(id), visits.byId(visit?.id ?? "")], async (patient, one) => {
      seen.push(patient.state.ward);
      if (seen.length === 1) await forget(id);
      one.finish();
    });
    expect(seen).toEqual(["a", "none"]);
  }),

  "a repository that demands a transaction does so here as well": async (bench) => {
    const definition = await bench.define(defineWallet);
    const wallets = createStoreRepository(definition, bench.store, { requireTransaction: true });
    const plain = createStoreRepository(definition, bench.store);
    const { id } = await plain.create({ owner: "ada" });
    const other = await plain.create({ owner: "bob" });
    const without = decide([wallets.byId(id)], (one) => one.deposit(1), {} as never);
    await thrownBy(without, TransactionRequiredError);
    await bench.transaction((tx) =>
      decide([wallets.byId(id), plain.byId(other.id)], (one) => one.deposit(1), { tx }),
    );
    expect((await plain.findById(id)).state.balance).toBe(1);
  },

  "in a transaction, a lost race is decided again on what the winner left": async (bench) => {
    const wallets = await bench.repository(defineWallet);
    const { id: a } = await wallets.create({ owner: "ada", balance: 10 });
    const { id: b } = await wallets.create({ owner: "bob", balance: 10 });
    const seen: number[] = [];
    const inside = bench.transaction((tx) =>
      decide(
        [wallets.byId(a), wallets.byId(b)],
        async (from, to) => {
          seen.push(to.state.balance);
          if (seen.length === 1) {
            // In the same transaction, since not every store has several connections.
            await wallets.transact(b, (rival) => rival.deposit(1), { tx });
          }
          from.withdraw(to.state.balance);
        },
        { tx },
      ),
    );
    await inside;
    expect(seen).toEqual([10, 11]);
    expect((await wallets.findById(a)).state.balance).toBe(-1);
    const lost = bench.transaction((tx) =>
      decide(
        [wallets.byId(a), wallets.byId(b)],
        async (from) => {
          await wallets.transact(b, (rival) => rival.deposit(1), { tx });
          from.withdraw(1);
        },
        { tx, attempts: 2 },
      ),
    );
    await thrownBy(lost, ConcurrentModificationError);
  },
});
