import { AnnalsError } from "@annals/core";
import fc from "fast-check";
import { expect } from "vitest";
import { contractGroup } from "../contract-case.ts";
import { type Attack, crossings, type Loot } from "../scope-crossings.ts";
import { nextId, scopedProjects } from "../scoped-projects.ts";

const RUNS = 25;

let runs = 0;

/** Two new scopes, the first with something in it that is worth a try; it may be deleted. */
const settled = async (
  projects: Projects,
  { deleted, pending }: { deleted: boolean; pending: boolean },
) => {
  runs += 1;
  const acme = projects.scoped({ tenantId: `acme${runs}` });
  const globex = projects.scoped({ tenantId: `globex${runs}` });
  const code = "marker-of-acme";
  const theirs = await acme.create({ code, team: "core", budget: 1 }, { id: nextId() });
  await acme.transact(theirs.id, (one) => one.change({ team: "ops" }), { idempotencyKey: "k" });
  if (deleted) await acme.delete(await acme.findById(theirs.id));
  const [entity] = (await acme.findAll([theirs.id], { includeDeleted: true })).values();
  if (entity === undefined) throw new Error("not created");
  if (pending && !deleted) entity.change({ budget: 2 });
  await globex.create({ code: "ours" }, { id: nextId() });
  const { endCursor: cursor } = await acme.list({ includeDeleted: true });
  const loot: Loot = { id: theirs.id, code, team: "ops", entity, cursor, key: "k" };
  return { victim: acme, from: globex, loot };
};

type Projects = Awaited<ReturnType<typeof scopedProjects>>["projects"];

/** What an attempt came to, with what it would have told. */
const outcomeOf = async (attempt: Promise<unknown>) =>
  attempt.then(
    (result) => ({
      told: JSON.stringify(result instanceof Map ? [...result] : result) ?? "",
      error: undefined,
    }),
    (error: unknown) => {
      if (!(error instanceof AnnalsError)) throw error;
      return { told: `${error.message} ${error.hint}`, error };
    },
  );

export const scopeFuzz = contractGroup("scopes: attempts to cross them", {
  "no call of a repository reaches another scope": async (bench) => {
    const calls = Object.keys(crossings) as (keyof typeof crossings)[];
    const { projects, acme } = await scopedProjects(bench);
    // Also calls that the types do not know: a new one has to have an attempt.
    expect([...calls].sort()).toEqual(Object.keys(acme).sort());

    const attempts = fc.record({
      deleted: fc.boolean(),
      pending: fc.boolean(),
      attempts: fc.array(
        fc.record({
          call: fc.constantFrom(...calls),
          includeDeleted: fc.boolean(),
          inTransaction: fc.boolean(),
        }),
        { minLength: 1, maxLength: 12 },
      ),
    });
    await fc.assert(
      fc.asyncProperty(attempts, async ({ deleted, pending, attempts: made }) => {
        const { victim, from, loot } = await settled(projects, { deleted, pending });
        const look = async () => ({
          events: (await victim.history(loot.id, { includeDeleted: true })).items,
          rows: (await victim.list({ includeDeleted: true })).items.map((one) => one.toJSON()),
        });
        const before = await look();
        for (const { call, includeDeleted, inTransaction } of made) {
          const attack = { ...loot, includeDeleted };
          const run = (given: Attack) => outcomeOf(crossings[call](from, given));
          const outcome = inTransaction
            ? await bench
                .transaction((tx) => run({ ...attack, tx }))
                .catch((error: Error) => ({
                  told: error.message,
                  error,
                }))
            : await run({ ...attack, tx: undefined });
          expect(outcome.told.replaceAll(/"code":"marker-of-acme"/g, ""), call).not.toMatch(
            /acme\d|marker-of-acme/,
          );
          if (outcome.error === undefined) continue;
          // Nothing but the id in hand is ever in an error's text.
          expect(outcome.error.message, call).not.toContain("marker");
        }
        expect(await look()).toEqual(before);
      }),
      { numRuns: RUNS },
    );
  },
});
