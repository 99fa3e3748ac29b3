import { MemoryStore } from "@annals/core";
import { describeStore } from "../src/contract/index.ts";

describeStore("the in-memory store", async () => {
  const store = new MemoryStore();
  return {
    store,
    transaction: (work, options) => store.transaction(work, options),
    userTransaction: (work) => store.transaction(work),
    prepare: async () => {},
    close: async () => {},
  };
});
