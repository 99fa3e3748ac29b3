import { EntityNotFoundError, InvalidArgumentError, Scope, ScopeRequiredError } from "@annals/core";
import { expect } from "vitest";
import { contractGroup } from "../contract-case.ts";
import { nextId, scopedProjects } from "../scoped-projects.ts";
import { thrownBy } from "../thrown-by.ts";

export const scopes = contractGroup("scopes: reading", {
  "an entity of another scope is as one that is not there, for every read": async (bench) => {
    const { acme, globex } = await scopedProjects(bench);
    const theirs = await acme.create({ code: "a", budget: 1 }, { id: nextId() });
    const { id } = theirs;
    theirs.change({ team: "ops" });
    await acme.update(theirs);
    const absent = nextId();

    expect(await globex.maybeFindById(id)).toBeUndefined();
    expect(await globex.maybeFindById(id, { includeDeleted: true })).toBeUndefined();
    expect(await globex.maybeFindById(id, { asOf: { version: 1 } })).toBeUndefined();
    expect(await globex.maybeFindById(id, { asOf: new Date() })).toBeUndefined();
    expect(await globex.maybeFindByCode("a")).toBeUndefined();
    expect(await globex.maybeFindByCode("a", { includeDeleted: true })).toBeUndefined();
    expect(await globex.maybeFindByBudget(1)).toBeUndefined();
    expect(await globex.maybeFindByTeamAndCode({ team: "ops", code: "a" })).toBeUndefined();
    expect(await globex.findAll([id])).toEqual(new Map());
    expect(await globex.findAll([id, absent])).toEqual(new Map());
    expect((await globex.list()).items).toEqual([]);
    expect((await globex.list({ where: { tenantId: "acme" } })).items).toEqual([]);
    expect((await globex.list({ where: { or: [{ tenantId: "acme" }, {}] } })).items).toEqual([]);
    expect((await globex.list({ where: { not: { code: "x" } } })).items).toEqual([]);
    expect((await globex.listByTeam("ops")).items).toEqual([]);
    expect(await globex.count()).toBe(0);
    expect(await globex.exists({ where: { code: "a" } })).toBe(false);
    for await (const one of globex.each()) expect(one).toBe("nothing");

    for (const read of [
      (one: string) => globex.findById(one),
      (one: string) => globex.findById(one, { includeDeleted: true }),
      (one: string) => globex.findById(one, { asOf: { version: 1 } }),
      (one: string) => globex.history(one),
    ]) {
      const found = await thrownBy(read(id), EntityNotFoundError);
      const missing = await thrownBy(read(absent), EntityNotFoundError);
      expect(found.message).toBe(missing.message);
      expect(found.columns).toEqual(missing.columns);
      expect(found.values).toEqual([id]);
    }
    const byCode = await thrownBy(globex.findByCode("a"), EntityNotFoundError);
    expect(byCode.columns).toEqual(["code"]);
    expect(byCode.values).toEqual(["a"]);
  },

  "each scope finds its own": async (bench) => {
    const { acme, globex } = await scopedProjects(bench);
    const ours = await acme.create({ code: "a", team: "x" }, { id: nextId() });
    const theirs = await globex.create({ code: "a", team: "x" }, { id: nextId() });
    expect(ours.state.tenantId).toBe("acme");
    expect((await acme.findById(ours.id)).state).toEqual(ours.state);
    expect((await acme.findByCode("a")).id).toBe(ours.id);
    expect((await globex.findByCode("a")).id).toBe(theirs.id);
    expect((await acme.findByTeamAndCode({ team: "x", code: "a" })).id).toBe(ours.id);
    expect([...(await acme.findAll([ours.id, theirs.id])).keys()]).toEqual([ours.id]);
    expect((await acme.list()).items.map(({ id }) => id)).toEqual([ours.id]);
    expect((await acme.list({ where: { tenantId: "acme" } })).items).toHaveLength(1);
    expect(await acme.count()).toBe(1);
    expect((await acme.history(ours.id)).items).toHaveLength(1);
    expect((await acme.findById(ours.id, { asOf: { version: 1 } })).state).toEqual(ours.state);
  },

  "all scopes are read on purpose": async (bench) => {
    const { acme, globex, all } = await scopedProjects(bench);
    const ours = await acme.create({ code: "a" }, { id: nextId() });
    const theirs = await globex.create({ code: "b" }, { id: nextId() });
    expect((await all.findById(theirs.id)).state.code).toBe("b");
    expect((await all.findAll([ours.id, theirs.id])).size).toBe(2);
    expect(await all.count()).toBe(2);
    expect(await all.count({ where: { tenantId: "globex" } })).toBe(1);
    const { items } = await all.list({ orderBy: "tenantId", direction: "desc" });
    expect(items.map(({ state }) => state.tenantId)).toEqual(["globex", "acme"]);
    expect((await all.history(theirs.id)).items).toHaveLength(1);
    for (const call of ["create", "createAll", "createOrFind", "findByCode", "maybeFindByCode"]) {
      expect(all).not.toHaveProperty(call);
    }
  },

  "lists of a scope are paged, in every order, deleted entities included": async (bench) => {
    const { acme, globex } = await scopedProjects(bench);
    for (const tenant of [acme, globex]) {
      for (const code of ["c", "a", "b", "d"]) {
        const one = await tenant.create(
          { code, budget: code === "d" ? null : code.charCodeAt(0) },
          { id: nextId() },
        );
        if (code === "b") await tenant.delete(one);
      }
    }
    for (const orderBy of ["id", "createdAt", "code", "team", "budget", "tenantId"] as const) {
      for (const direction of ["asc", "desc"] as const) {
        const options = { orderBy, direction, includeDeleted: true };
        const whole = await acme.list(options);
        expect(whole.items).toHaveLength(4);
        expect(whole.items.every(({ state }) => state.tenantId === "acme")).toBe(true);
        const walked: string[] = [];
        for await (const { id } of acme.each({ ...options, first: 1 })) walked.push(id);
        expect(walked).toEqual(whole.items.map(({ id }) => id));
        const last = await acme.list({ ...options, last: 2 });
        expect(last.items.map(({ id }) => id)).toEqual(walked.slice(-2));
      }
    }
    expect(await acme.count({ where: { deletedAt: { not: null } }, includeDeleted: true })).toBe(1);
  },

  "a cursor belongs to its scope": async (bench) => {
    const { acme, globex, all } = await scopedProjects(bench);
    for (const code of ["a", "b"]) {
      await acme.create({ code }, { id: nextId() });
      await globex.create({ code }, { id: nextId() });
    }
    const { endCursor: after } = await acme.list({ first: 1 });
    expect((await acme.list({ after })).items).toHaveLength(1);
    for (const other of [globex, all]) {
      const error = await thrownBy(other.list({ after }), InvalidArgumentError);
      expect(error.message).toMatch(/cursor of another scope/);
    }
    const { endCursor } = await all.list({ first: 1 });
    await thrownBy(acme.list({ after: endCursor }), InvalidArgumentError);
    await thrownBy(acme.list({ before: endCursor }), InvalidArgumentError);
  },

  "no call is there without a scope": async (bench) => {
    const { projects, acme } = await scopedProjects(bench);
    const untyped = projects as unknown as Record<string, () => unknown>;
    const calls = Object.keys(acme);
    expect(calls).toContain("transact");
    for (const call of calls) {
      const thrown = expect(() => untyped[call]?.());
      thrown.toThrow(ScopeRequiredError);
      thrown.toThrow(`${call}() was called without a scope`);
    }
  },

  "what is no scope is refused": async (bench) => {
    const { projects } = await scopedProjects(bench);
    const wrong = [
      ...[undefined, null, "acme", {}, { tenantId: undefined }, { tenantId: null }],
      ...[{ tenantId: 4 }, { tenantId: ["acme"] }, { tenantId: "a\u0000" }, { tenant: "acme" }],
      { tenantId: "acme", code: "a" },
    ];
    for (const scope of wrong) {
      expect(() => projects.scoped(scope as { tenantId: string })).toThrow(InvalidArgumentError);
    }
    expect(() => projects.scoped({ tenantId: "" })).not.toThrow();
    expect(() => projects.scoped(Scope.all)).not.toThrow();
  },

  "options of a call cannot widen its scope": async (bench) => {
    const { acme, globex } = await scopedProjects(bench);
    const { id } = await acme.create({ code: "a" }, { id: nextId() });
    const forged = { scope: undefined, includeDeleted: true } as object;
    expect(await globex.maybeFindById(id, forged)).toBeUndefined();
    expect(await globex.maybeFindById(id, { scope: ["acme"] } as object)).toBeUndefined();
    expect(await globex.count({ scope: ["acme"] } as object)).toBe(0);
  },
});
