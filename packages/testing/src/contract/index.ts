export { describeStore, type Skips } from "./describe-store.ts";
export type { StoreUnderTest } from "./store-under-test.ts";
