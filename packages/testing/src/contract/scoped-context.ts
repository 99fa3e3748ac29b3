import { AsyncLocalStorage } from "node:async_hooks";
import type { ContextScope, JsonObject } from "@annals/core";

/** The shortest context that follows calls: cases set it, repositories and consumers take it. */
export const scopedContext = () => {
  const storage = new AsyncLocalStorage<JsonObject>();
  const within = <Result>(values: JsonObject, work: () => Result): Result =>
    storage.run({ ...storage.getStore(), ...values }, work);
  const scope: ContextScope = {
    stored: () => storage.getStore(),
    runCaused: (cause, work) => within({ ...cause }, work),
  };
  return { ...scope, within };
};
