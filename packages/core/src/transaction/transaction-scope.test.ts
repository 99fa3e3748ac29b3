import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidDefinitionError } from "../errors/define-errors.ts";
import { type CommitHook, defineCommitHook } from "./commit-hook.ts";
import type { TransactionHooks } from "./transaction-hooks.ts";
import { type Savepoints, scopeOf, TransactionScope } from "./transaction-scope.ts";

interface Tx extends TransactionHooks<Tx> {}

/** Notes the commands that a store would send. */
const noting = (sent: string[], fails?: string): Savepoints => {
  const send = (command: string) => async (name: string) => {
    sent.push(`${command} ${name}`);
    if (command === fails) throw new Error(`${command} failed`);
  };
  return {
    handle: () => ({}),
    set: send("set"),
    release: send("release"),
    rollBackTo: send("roll back to"),
  };
};

const open = (savepoints: Savepoints = noting([])) =>
  new TransactionScope<Tx>({}, { savepoints, clock: undefined, report: () => {}, isOurs: true });

/** What a transaction's function does, one step after the other. */
type Step =
  | { readonly kind: "hook"; readonly name: number }
  | { readonly kind: "add"; readonly to: number; readonly item: number }
  | { readonly kind: "savepoint"; readonly steps: readonly Step[]; readonly fails: boolean };

const { steps } = fc.letrec<{ steps: readonly Step[] }>((tie) => ({
  steps: fc.array(
    fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.record({ kind: fc.constant("hook" as const), name: fc.nat(99) }),
      fc.record({ kind: fc.constant("add" as const), to: fc.nat(3), item: fc.nat(99) }),
      fc.record({
        kind: fc.constant("savepoint" as const),
        steps: tie("steps") as fc.Arbitrary<readonly Step[]>,
        fails: fc.boolean(),
      }),
    ),
    { maxLength: 6 },
  ),
}));

/** Kind 0 runs after 2, and 2 after 3; 1 is not merged. */
const RUNS_AFTER: Readonly<Record<number, readonly number[]>> = { 0: [2, 3], 1: [], 2: [3], 3: [] };

interface Entry {
  readonly of: number | "hook";
  readonly items: readonly number[];
}

/** What the steps leave registered, and the hooks that savepoints ran on their rollback. */
const modelOf = (given: readonly Step[], log: string[]): Entry[] => {
  let entries: Entry[] = [];
  const add = (entry: Entry): void => {
    const isMerged = entry.of !== "hook" && entry.of !== 1;
    const known = isMerged ? entries.findIndex(({ of }) => of === entry.of) : -1;
    if (known === -1) entries.push(entry);
    else
      entries = entries.map((one, at) =>
        at === known ? { of: one.of, items: [...one.items, ...entry.items] } : one,
      );
  };
  for (const step of given) {
    if (step.kind === "hook") add({ of: "hook", items: [step.name] });
    else if (step.kind === "add") add({ of: step.to, items: [step.item] });
    else {
      const inner = modelOf(step.steps, log);
      if (step.fails) log.push(...inner.toReversed().map((entry) => text("rolledBack", entry)));
      else for (const entry of inner) add(entry);
    }
  }
  return entries;
};

/** Lets each wait until nothing that it runs after is left. */
const ordered = (entries: readonly Entry[]): Entry[] => {
  const [result, left] = [[] as Entry[], [...entries]];
  while (left.length > 0) {
    const next = left.find(({ of }) => {
      const earlier = of === "hook" ? [] : (RUNS_AFTER[of] ?? []);
      return !left.some((other) => other.of !== "hook" && earlier.includes(other.of));
    }) as Entry;
    result.push(next);
    left.splice(left.indexOf(next), 1);
  }
  return result;
};

const text = (when: string, { of, items }: Entry): string => `${when} ${of}: ${items.join()}`;

/** The kinds of the model, which note what they do. */
const kindsNoting = (log: string[]): readonly CommitHook<number[]>[] => {
  const make = (of: number, ...runsAfter: CommitHook<number[]>[]): CommitHook<number[]> =>
    defineCommitHook<number[]>({
      ...(of !== 1 && { merge: (one, other) => [...one, ...other] }),
      beforeCommit: async (items) => void log.push(text("before", { of, items })),
      afterCommit: (items) => void log.push(text("after", { of, items })),
      onRollback: async (items, end) => void log.push(text(end, { of, items })),
      runsAfter,
    });
  const three = make(3);
  const two = make(2, three);
  return [make(0, two), make(1), two, three];
};

describe("hooks and savepoints", () => {
  it("do what their model does, whatever is registered where", async () => {
    const run = async (given: readonly Step[], end: "committed" | "rolledBack") => {
      const log: string[] = [];
      const kinds = kindsNoting(log);
      const take = async (tx: Tx, todo: readonly Step[]): Promise<void> => {
        for (const step of todo) {
          if (step.kind === "hook") {
            const entry: Entry = { of: "hook", items: [step.name] };
            tx.addHook(
              {
                beforeCommit: () => void log.push(text("before", entry)),
                afterCommit: () => void log.push(text("after", entry)),
                onRollback: (_, how) => void log.push(text(how, entry)),
              },
              undefined,
            );
          } else if (step.kind === "add") {
            tx.addHook(kinds[step.to] as CommitHook<number[]>, [step.item]);
          } else {
            const inner = tx.savepoint(async (inside) => {
              await take(inside, step.steps);
              if (step.fails) throw new Error("rolls back");
            });
            await inner.catch(() => {});
          }
        }
      };
      const scope = open();
      await take(scope.tx, given);
      if (end === "committed") await scope.commit();
      await scope.end(end);
      return log;
    };
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.constantFrom("committed" as const, "rolledBack" as const),
        async (given, end) => {
          const expected: string[] = [];
          const entries = modelOf(given, expected);
          if (end === "committed") {
            for (const when of ["before", "after"]) {
              expected.push(...ordered(entries).map((entry) => text(when, entry)));
            }
          } else {
            expected.push(...entries.toReversed().map((entry) => text(end, entry)));
          }
          expect(await run(given, end)).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("send each savepoint's commands under a name of its depth", async () => {
    const sent: string[] = [];
    const { tx } = open(noting(sent));
    await tx.savepoint((middle) => middle.savepoint(async () => {}));
    await tx
      .savepoint(async () => {
        throw new Error("rolls back");
      })
      .catch(() => {});
    expect(sent).toEqual([
      ...["set annals_1", "set annals_2", "release annals_2", "release annals_1"],
      ...["set annals_1", "roll back to annals_1"],
    ]);
  });

  it("tell listeners once how the part they were written in ended", async () => {
    const scope = open();
    const ends: string[] = [];
    const listen = (tx: object, name: string) => {
      const durability = scopeOf(tx)?.durability;
      if (durability?.kind === "open") durability.onEnd((end) => ends.push(`${name} ${end}`));
    };
    listen(scope.tx, "a");
    let kept: object | undefined;
    await scope.tx.savepoint(async (inner) => {
      kept = inner;
      listen(inner, "b");
    });
    const undone = scope.tx.savepoint(async (inner) => {
      listen(inner, "c");
      await inner.savepoint(async (innermost) => listen(innermost, "d"));
      throw new Error("rolls back");
    });
    await expect(undone).rejects.toThrow("rolls back");
    expect(ends).toEqual(["d rolledBack", "c rolledBack"]);
    // What nobody awaited is told as well.
    listen(kept as object, "e");
    await scope.commit();
    await scope.end("committed");
    listen(kept as object, "f");
    expect(ends.slice(2)).toEqual(["e committed", "b committed", "a committed", "f committed"]);
  });

  it("keep a transaction from committing when a savepoint could not be rolled back", async () => {
    const scope = open(noting([], "roll back to"));
    const ends: string[] = [];
    const savepoint = scope.tx.savepoint(async (inner) => {
      inner.afterCommit(() => void ends.push("after"));
      inner.onRollback((end) => void ends.push(end));
      throw new Error("the work");
    });
    await expect(savepoint).rejects.toThrow("the work");
    expect(ends).toEqual([]);
    await expect(scope.commit()).rejects.toThrow("the work");
    await scope.end("unknown");
    expect(ends).toEqual(["unknown"]);
  });

  it("undo a savepoint that cannot be released", async () => {
    const sent: string[] = [];
    const scope = open(noting(sent, "release"));
    await expect(scope.tx.savepoint(async () => "done")).rejects.toThrow("release failed");
    expect(sent.at(-1)).toBe("roll back to annals_1");
    await scope.commit();
  });

  it("keep a transaction from committing when a merge fails", async () => {
    const scope = open();
    const hook = defineCommitHook<number>({
      merge: () => {
        throw new Error("cannot merge");
      },
      afterCommit: () => {},
    });
    scope.tx.addHook(hook, 1);
    const savepoint = scope.tx.savepoint(async (inner) => inner.addHook(hook, 2));
    await expect(savepoint).rejects.toThrow("cannot merge");
    await expect(scope.commit()).rejects.toThrow("cannot merge");
  });
});

describe("defineCommitHook", () => {
  it("refuses a hook that never runs", () => {
    expect(() => defineCommitHook({ merge: (one: number) => one })).toThrow(InvalidDefinitionError);
  });

  it("is not changed by what changes its options later", () => {
    const runsAfter: CommitHook<number>[] = [];
    const hook = defineCommitHook<number>({ afterCommit: () => {}, runsAfter });
    runsAfter.push(hook);
    expect(hook.runsAfter).toEqual([]);
    expect(Object.isFrozen(hook)).toBe(true);
  });
});
