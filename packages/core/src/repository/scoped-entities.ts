import type { EntityPlan } from "../define/entity-plan.ts";
import type { JsonValue } from "../define/json-value.ts";
import { atBatchIndex } from "../errors/annals-error.ts";
import { ScopeMismatchError } from "../errors/scope-errors.ts";
import type { EntityWrite, Idempotency, Predicate } from "../port/rows.ts";
import type { EntityStore, Visibility } from "../port/store.ts";
import type { BoundScope } from "./scope.ts";

/**
 * The store of an entity within one scope, or all of them. Every call a repository can make goes through
 * here, so that none reaches beyond its scope: what is read is narrowed, and what is written is checked.
 */
export const scopedEntities = <Tx>(
  plan: EntityPlan,
  store: EntityStore<Tx>,
  { values: scope }: BoundScope,
): EntityStore<Tx> => {
  const inScope = (seen: Visibility | undefined): Visibility => ({
    includeDeleted: seen?.includeDeleted,
    kinds: seen?.kinds,
    childrenWhere: seen?.childrenWhere,
    history: seen?.history,
    scope,
  });
  const narrowed = (where: Predicate): Predicate =>
    scope === undefined ? where : { kind: "all", of: [...equalities(plan, scope), where] };
  const keyed = (idempotency: Idempotency): Idempotency => ({
    ...idempotency,
    within: scope === undefined ? "*" : JSON.stringify(scope),
  });
  const written = <Write extends EntityWrite>(write: Write): Write => {
    checkScopeOf(plan, write, scope);
    const { idempotency } = write;
    return idempotency === undefined ? write : { ...write, idempotency: keyed(idempotency) };
  };
  return {
    write: async (write, tx) => store.write(written(write), tx),
    writeAll: async (writes, tx) =>
      store.writeAll(
        writes.map((write, at) => atPlace(at, () => written(write))),
        tx,
      ),
    touch: async (trees, tx) => {
      for (const [at, { id, scope: columns }] of trees.entries()) {
        atPlace(at, () => checkScopeOf(plan, { id, columns }, scope));
      }
      return store.touch(trees, tx);
    },
    hold: async (read, tx) => {
      for (const { id, scope: columns } of read) checkScopeOf(plan, { id, columns }, scope);
      return store.hold(read, tx);
    },
    recall: (idempotency, tx) => store.recall(keyed(idempotency), tx),
    load: (ids, tx, seen, known) => store.load(ids, tx, inScope(seen), known),
    find: (constraint, values, tx, seen, known) =>
      store.find(constraint, [...(scope ?? []), ...values], tx, inScope(seen), known),
    loadPast: (id, bound, tx, seen) => store.loadPast(id, bound, tx, inScope(seen)),
    history: (id, query, tx, seen) => store.history(id, query, tx, inScope(seen)),
    treeHistory: (id, query, tx, seen) => store.treeHistory(id, query, tx, inScope(seen)),
    count: (where, limit, tx, seen) => store.count(narrowed(where), limit, tx, inScope(seen)),
    list: (query, tx, seen, known) =>
      store.list({ ...query, where: narrowed(query.where) }, tx, inScope(seen), known),
  };
};

const equalities = (plan: EntityPlan, scope: readonly JsonValue[]): readonly Predicate[] =>
  plan.scope.map((column, at) => ({
    kind: "compare",
    column,
    operator: "=",
    value: scope[at] as JsonValue,
  }));

/** The columns of the scope come first. */
const checkScopeOf = (
  plan: EntityPlan,
  { id, columns }: Pick<EntityWrite, "id" | "columns">,
  scope: readonly JsonValue[] | undefined,
): void => {
  if (scope?.every((value, at) => columns[at] === value) ?? true) return;
  throw new ScopeMismatchError({ entity: plan.name, id });
};

const atPlace = <Result>(at: number, step: () => Result): Result => {
  try {
    return step();
  } catch (error) {
    throw error instanceof ScopeMismatchError ? atBatchIndex(error, at) : error;
  }
};
