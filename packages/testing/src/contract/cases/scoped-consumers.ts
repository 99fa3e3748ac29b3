import { createStoreConsumer, createStoreRepository, InvalidDefinitionError } from "@annals/core";
import { expect } from "vitest";
import { contractGroup } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";
import { defineProject } from "../entities/project.ts";
import { nextId } from "../scoped-projects.ts";

export const scopedConsumers = contractGroup("scopes: consuming", {
  "a consumer reads every scope, or the one that it asks for": async (bench) => {
    const Project = await bench.define(defineProject);
    const projects = createStoreRepository(Project, bench.store);
    const expected: Record<string, string[]> = { acme: [], globex: [] };
    for (const tenantId of ["acme", "globex", "acme"]) {
      const tenant = projects.scoped({ tenantId });
      const one = await tenant.create({ code: nextId() }, { id: nextId() });
      one.change({ team: "x" });
      await tenant.update(one);
      expected[tenantId]?.push(`${one.id}/1`, `${one.id}/2`);
    }
    const follow = async (name: string, only?: { scope: { tenantId: string } }) => {
      const seen: Record<string, string[]> = {};
      await createStoreConsumer(bench.store, {
        name: `${Project.name}.${name}`,
        topics: [Project],
        slots: 2,
        ...(only && { only }),
        onEvent: (_event, { scope, entityId, sequence }) => {
          seen[scope.tenantId] ??= [];
          seen[scope.tenantId]?.push(`${entityId}/${sequence}`);
        },
      }).catchUp();
      for (const list of Object.values(seen)) list.sort();
      return seen;
    };
    for (const list of Object.values(expected)) list.sort();
    expect(await follow("all")).toEqual(expected);
    expect(await follow("acme", { scope: { tenantId: "acme" } })).toEqual({
      acme: expected.acme,
    });
    expect(await follow("none", { scope: { tenantId: "nobody" } })).toEqual({});
  },

  "a scope is only asked for where all topics are divided by it": async (bench) => {
    const Project = await bench.define(defineProject);
    const Account = await bench.define(defineAccount);
    for (const topics of [[Account], [Project, Account]] as const) {
      const options = {
        name: `${Project.name}.wrong`,
        topics,
        only: { scope: { tenantId: "acme" } as never },
        onEvent: () => {},
      };
      expect(() => createStoreConsumer(bench.store, options)).toThrow(InvalidDefinitionError);
    }
  },
});
