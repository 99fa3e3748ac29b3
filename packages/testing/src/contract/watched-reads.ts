import type { EntityStore, Store, StoredEntity } from "@annals/core/adapter";

/** A store that notes how many events each of its reads was answered with. */
export const watchedReads = <Tx>(
  store: Store<Tx>,
): { readonly store: Store<Tx>; readonly taken: () => number[] } => {
  const events: number[] = [];
  const noted = <Entity extends StoredEntity>(found: readonly Entity[]): readonly Entity[] => {
    events.push(found.flatMap((one) => one.events).length);
    return found;
  };
  const watched = (entities: EntityStore<Tx>): EntityStore<Tx> => ({
    ...entities,
    load: async (...given) => noted(await entities.load(...given)),
    find: async (...given) => {
      const found = await entities.find(...given);
      return noted(found === undefined ? [] : [found])[0];
    },
    list: async (...given) => noted(await entities.list(...given)),
  });
  return {
    store: {
      entity: (plan) => watched(store.entity(plan)),
      transaction: (work, options) => store.transaction(work, options),
      opened: (tx) => store.opened(tx),
      isLostRace: (error) => store.isLostRace(error),
      topic: (plan) => store.topic(plan),
      subjects: () => store.subjects(),
      state: (name) => store.state(name),
      consumer: (plan) => store.consumer(plan),
      consumers: () => store.consumers(),
    },
    taken: () => events.splice(0),
  };
};
