import { MemoryStore, type MemoryTransaction } from "@annals/core";
import { describeStore, type StoreUnderTest } from "../src/contract/index.ts";

const memory = (caches: boolean) => async () => {
  const store = new MemoryStore();
  return {
    store,
    caches,
    transaction: (work, options) => store.transaction(work, options),
    userTransaction: (work) => store.transaction(work),
    prepare: async () => {},
    close: async () => {},
  } satisfies StoreUnderTest<MemoryTransaction>;
};

describeStore("the in-memory store", memory(false));
describeStore("the in-memory store, through caches", memory(true));
