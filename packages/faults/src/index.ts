export { backendCrash, type Crash, serverCrash } from "./crash.ts";
export { LongTransaction } from "./long-transaction.ts";
export { type PausingProxy, startPausingProxy } from "./pausing-proxy.ts";
export { Random } from "./random.ts";
