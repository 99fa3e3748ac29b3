import { createStoreRepository } from "@annals/core";
import type { EntityStore, Store, StoredEntity } from "@annals/core/adapter";
import type { PgPool } from "@annals/kysely-adapter";
import { User } from "../entity.ts";

/** Makes one stored user with a number of events, parsed anew each time, as from a database. */
export type Found = () => StoredEntity;

export const storedUser = (id: string, events: number): Found => {
  const text = JSON.stringify(
    Array.from({ length: events }, (_, at) =>
      at === 0
        ? { type: "UserRegistered", email: "user@example.com", name: "Name 1" }
        : { type: "UserRenamed", name: `Name ${at + 1}` },
    ),
  );
  return () => ({ id, version: events, events: JSON.parse(text) });
};

/** A repository over a store that does nothing: what is left is deciding, encoding and folding. */
export const overSilentStore = (found: Found) => {
  const entityStore: EntityStore<never> = {
    write: async () => ({ kind: "written", durability: { kind: "committed" } }),
    touch: async () => ({ kind: "written", durability: { kind: "committed" } }),
    hold: async () => ({ kind: "held" }),
    recall: async () => undefined,
    writeAll: async () => ({ kind: "written", durability: { kind: "committed" } }),
    load: async () => [found()],
    find: async () => found(),
    loadPast: async () => found(),
    history: async () => [],
    treeHistory: async () => [],
    count: async () => 0,
    list: async () => [],
  };
  const store: Store<never> = {
    entity: () => entityStore,
    transaction: () => {
      throw new Error("The silent store has no transactions");
    },
    isLostRace: () => false,
    opened: (tx) => tx,
    state: () => {
      throw new Error("The silent store keeps no state");
    },
    topic: () => {
      throw new Error("The silent store has no topics of their own");
    },
    consumer: () => {
      throw new Error("The silent store has no consumers");
    },
    consumers: () => {
      throw new Error("The silent store has no consumers");
    },
    subjects: () => {
      throw new Error("The silent store knows of nobody");
    },
  };
  return createStoreRepository(User, store);
};

/** A pool whose connections answer at once: all layers, and no database. */
export const silentPool = (found: Found): PgPool => {
  const read = async () => ({ command: "SELECT", rowCount: 1, rows: [found()] });
  const write = async () => ({ command: "SELECT", rowCount: 1, rows: [{ written: true }] });
  const client = {
    query: (_query: string | object, values?: readonly unknown[]) =>
      // Reads have one parameter, or none.
      (values?.length ?? 0) > 1 ? write() : read(),
    release: () => {},
  };
  return { connect: async () => client, end: async () => {} };
};
