import {
  DuplicateValueError,
  EntityAlreadyExistsError,
  EntityNotFoundError,
  IdempotencyKeyReusedError,
  InvalidStateError,
  isReplayed,
  ScopeMismatchError,
} from "@annals/core";
import { expect } from "vitest";
import { contractGroup } from "../contract-case.ts";
import { nextId, scopedProjects } from "../scoped-projects.ts";
import { thrownBy } from "../thrown-by.ts";

export const scopedWrites = contractGroup("scopes: writing", {
  "an entity is created in the scope of its repository, and nowhere else": async (bench) => {
    const { acme, all } = await scopedProjects(bench);
    const id = nextId();
    await thrownBy(acme.create({ code: "a", elsewhere: "globex" }, { id }), ScopeMismatchError);
    const many = [
      { id: nextId(), input: { code: "b" } },
      { id: nextId(), input: { code: "c", elsewhere: "globex" } },
    ];
    const error = await thrownBy(acme.createAll(many), ScopeMismatchError);
    expect(error.batchIndex).toBe(1);
    await thrownBy(
      acme.createOrFind({ code: "d", elsewhere: "globex" }, { id: nextId() }),
      ScopeMismatchError,
    );
    expect(await all.count({ includeDeleted: true })).toBe(0);
    const [one] = await acme.createAll(many.slice(0, 1));
    expect(one?.state.tenantId).toBe("acme");
  },

  "unique values are those of a scope, and tell nothing of another": async (bench) => {
    const { acme, globex } = await scopedProjects(bench);
    const ours = await acme.create({ code: "a", budget: 7 }, { id: nextId() });
    const theirs = await globex.create({ code: "a", budget: 7 }, { id: nextId() });
    await globex.createAll([{ id: nextId(), input: { code: "b" } }]);
    const error = await thrownBy(acme.create({ code: "a" }, { id: nextId() }), DuplicateValueError);
    expect(error.columns).toEqual(["code"]);
    expect(error.values).toEqual(["a"]);
    ours.change({ code: "b" });
    await acme.update(ours);
    theirs.change({ code: "b" });
    const taken = await thrownBy(globex.update(theirs), DuplicateValueError);
    expect(taken.columns).toEqual(["code"]);
  },

  "values move among the members of a batch within their scope": async (bench) => {
    const { acme, globex, all } = await scopedProjects(bench);
    const [one, other] = await acme.createAll([
      { id: nextId(), input: { code: "a" } },
      { id: nextId(), input: { code: "b" } },
    ]);
    const theirs = await globex.create({ code: "c" }, { id: nextId() });
    if (one === undefined || other === undefined) throw new Error("not created");
    one.change({ code: "b" });
    other.change({ code: "c" });
    await acme.updateAll([one, other]);
    one.change({ code: "c" });
    other.change({ code: "b" });
    await acme.updateAll([one, other]);
    expect((await acme.findByCode("c")).id).toBe(one.id);
    // Members of several scopes, through the repository of all of them.
    one.change({ code: "z" });
    theirs.change({ code: "z" });
    expect(await all.updateAll([one, theirs])).toBe(2);
  },

  "an entity is not written through another scope, by any call": async (bench) => {
    const { acme, globex, all } = await scopedProjects(bench);
    const theirs = await acme.create({ code: "a" }, { id: nextId() });
    const ours = await globex.create({ code: "b" }, { id: nextId() });
    theirs.change({ team: "x" });
    ours.change({ team: "x" });

    await thrownBy(globex.update(theirs), ScopeMismatchError);
    const error = await thrownBy(globex.updateAll([ours, theirs]), ScopeMismatchError);
    expect(error.batchIndex).toBe(1);
    await thrownBy(globex.delete(theirs), ScopeMismatchError);
    await thrownBy(globex.update(theirs, { idempotencyKey: "k" }), ScopeMismatchError);
    const found = async () => theirs;
    await thrownBy(
      globex.transact(found, () => undefined),
      ScopeMismatchError,
    );
    await thrownBy(
      globex.transact(found, () => undefined, { idempotencyKey: "t" }),
      ScopeMismatchError,
    );
    let decided = 0;
    const decide = () => {
      decided += 1;
    };
    await thrownBy(globex.transact(theirs.id, decide), EntityNotFoundError);
    expect(decided).toBe(0);
    await bench.transaction(async (tx) => {
      await thrownBy(globex.update(theirs, { tx }), ScopeMismatchError);
    });
    for (const { id } of [theirs, ours]) expect((await all.findById(id)).version).toBe(1);

    // All of it is still pending, and is written where it belongs.
    expect(await acme.update(theirs)).toBe(1);
    await acme.delete(theirs);
    await thrownBy(globex.restore(theirs), ScopeMismatchError);
    expect(await acme.restore(theirs)).toBe(1);
    theirs.change({ team: "y" });
    expect(await all.update(theirs)).toBe(1);
  },

  "an entity never changes its scope": async (bench) => {
    const { acme, all } = await scopedProjects(bench);
    const one = await acme.create({ code: "a" }, { id: nextId() });
    one.move("globex");
    const error = await thrownBy(acme.update(one), InvalidStateError);
    expect(error.message).not.toMatch(/globex/);
    await thrownBy(all.update(one), InvalidStateError);
    expect((await all.findById(one.id)).version).toBe(1);
  },

  "an id that another scope has is taken, and nothing else is told": async (bench) => {
    const { acme, globex } = await scopedProjects(bench);
    const { id } = await acme.create({ code: "a" }, { id: nextId() });
    await thrownBy(globex.create({ code: "b" }, { id }), EntityAlreadyExistsError);
    await thrownBy(globex.createAll([{ id, input: { code: "b" } }]), EntityAlreadyExistsError);
    await thrownBy(globex.createOrFind({ code: "b" }, { id }), EntityAlreadyExistsError);
    expect(await globex.count({ includeDeleted: true })).toBe(0);
    const { created } = await acme.createOrFind({ code: "b" }, { id });
    expect(created).toBe(false);
  },

  "an idempotency key means nothing in another scope": async (bench) => {
    const { acme, globex, all } = await scopedProjects(bench);
    const [a, b] = [nextId(), nextId()];
    const ours = await acme.create({ code: "a" }, { id: a, idempotencyKey: "k" });
    const theirs = await globex.create({ code: "x" }, { id: b, idempotencyKey: "k" });
    expect(isReplayed(theirs)).toBe(false);
    expect(theirs.state.code).toBe("x");
    expect(isReplayed(await acme.create({ code: "a" }, { id: a, idempotencyKey: "k" }))).toBe(true);
    await thrownBy(
      acme.create({ code: "other" }, { id: a, idempotencyKey: "k" }),
      IdempotencyKeyReusedError,
    );
    const key = { idempotencyKey: "t" };
    const first = await acme.transact(ours.id, (one) => one.change({ team: "x" }), key);
    expect(first.replayed).toBe(false);
    const second = await globex.transact(theirs.id, (one) => one.change({ team: "x" }), key);
    expect(second.replayed).toBe(false);
    const again = await acme.transact(ours.id, (one) => one.change({ team: "y" }), key);
    expect(again.replayed).toBe(true);
    expect(again.entity.id).toBe(ours.id);
    const everywhere = await all.transact(ours.id, (one) => one.change({ team: "y" }), key);
    expect(everywhere.replayed).toBe(false);
  },

  "an update of a scoped entity notices who was first": async (bench) => {
    const { acme } = await scopedProjects(bench);
    const one = await acme.create({ code: "a" }, { id: nextId() });
    const copy = await acme.findById(one.id);
    one.change({ team: "x" });
    copy.change({ team: "y" });
    await acme.update(one);
    await expect(acme.update(copy)).rejects.toThrow("is no longer at version 1");
    await expect(acme.updateAll([copy])).rejects.toThrow("is no longer at version 1");
  },
});
