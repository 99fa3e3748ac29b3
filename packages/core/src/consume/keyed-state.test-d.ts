import { describe, expectTypeOf, it } from "vitest";
import * as z from "zod";
import { jsonDate } from "../define/json-codecs.ts";
import type { MemoryTransaction } from "../memory/memory-transaction.ts";
import type { Store } from "../port/store.ts";
import { createStoreState } from "./keyed-state.ts";

declare const store: Store<MemoryTransaction>;
declare const tx: MemoryTransaction;

const state = createStoreState(store, {
  name: "halves",
  schema: z.object({ at: jsonDate(), userId: z.string().optional() }),
});

describe("state by key", () => {
  it("is typed by its schema", async () => {
    const value = await state.get("a", { tx });
    expectTypeOf(value?.at).toEqualTypeOf<Date | undefined>();
    expectTypeOf(value?.userId).toEqualTypeOf<string | undefined>();
    const [due] = await state.takeDue(new Date(), { tx });
    expectTypeOf(due?.value.at).toEqualTypeOf<Date | undefined>();
    await state.set("a", { at: new Date() }, { tx, until: new Date() });
  });

  it("takes nothing else, and no call without a transaction", () => {
    // @ts-expect-error a field is missing
    state.set("a", { userId: "u" }, { tx });
    // @ts-expect-error a field is unknown
    state.set("a", { at: new Date(), more: 1 }, { tx });
    // @ts-expect-error no transaction
    state.get("a", {});
    // @ts-expect-error a transaction is needed for all of it
    state.set("a", { at: new Date() }, { tx: "none" });
  });
});
