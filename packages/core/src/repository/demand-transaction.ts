import { TransactionRequiredError } from "../errors/transaction-errors.ts";
import { isJoined } from "../port/joined.ts";
import type { EntityStore, Join, Store } from "../port/store.ts";

/** Where each of a store's calls is told what it joins: all of them, so that none is left out. */
const JOIN_AT: Readonly<Record<keyof EntityStore<never> | "writeAll", number>> = {
  write: 1,
  writeAll: 1,
  touch: 1,
  hold: 1,
  recall: 1,
  load: 1,
  find: 2,
  loadPast: 2,
  history: 2,
  treeHistory: 2,
  count: 2,
  list: 1,
};

/** @throws TransactionRequiredError when a call joins no transaction. */
export const checkJoins = <Tx>(entity: string, join: Join<Tx>): void => {
  if (!isJoined(join)) throw new TransactionRequiredError(entity);
};

/** The store of an entity whose calls all have to take part in a transaction. */
const demandingEntities = <Tx>(entity: string, store: EntityStore<Tx>): EntityStore<Tx> => {
  const calls = Object.entries(JOIN_AT).map(([call, at]) => {
    const run = store[call as keyof EntityStore<Tx>] as (...args: unknown[]) => unknown;
    const checked = async (...args: unknown[]): Promise<unknown> => {
      checkJoins(entity, args[at] as Join<Tx>);
      return run.apply(store, args);
    };
    return [call, checked];
  });
  return Object.fromEntries(calls) as EntityStore<Tx>;
};

/** A store for the repository of one entity that opens no transaction and joins only what it is given. */
export const demandTransaction = <Tx, Opened extends Tx>(
  entity: string,
  store: Store<Tx, Opened>,
): Pick<Store<Tx, Opened>, "entity" | "transaction" | "opened" | "subjects" | "isLostRace"> => ({
  entity: (plan) => demandingEntities(entity, store.entity(plan)),
  transaction: () => Promise.reject(new TransactionRequiredError(entity)),
  opened: (tx) => store.opened(tx),
  subjects: () => store.subjects(),
  isLostRace: (error) => store.isLostRace(error),
});
