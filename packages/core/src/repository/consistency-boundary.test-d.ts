import { describe, expectTypeOf, it } from "vitest";
import * as z from "zod";
import {
  createStoreRepository,
  decide,
  defineEntity,
  type EntityOf,
  MemoryStore,
  type MemoryTransaction,
} from "../index.ts";

const Account = defineEntity({
  name: "account",
  schema: z.object({ email: z.string(), shop: z.string(), code: z.string(), balance: z.int() }),
  events: {
    Opened: z.object({ email: z.string(), shop: z.string(), code: z.string() }),
    Withdrawn: z.object({ amount: z.int() }),
  },
  create: (input: { email: string; shop: string; code: string }) => ({ type: "Opened", ...input }),
  evolve: {
    Opened: (_, { type: _type, ...opened }) => ({ ...opened, balance: 0 }),
    Withdrawn: (state, { amount }) => ({ ...state, balance: state.balance - amount }),
  },
  commands: { withdraw: (_, amount: number) => ({ type: "Withdrawn", amount }) },
  index: { email: { unique: true }, shop: {}, code: {} },
  uniqueTogether: [["shop", "code"]],
});
const Stay = defineEntity({
  name: "stay",
  idSource: "caller",
  schema: z.object({ nights: z.int() }),
  events: { Booked: z.object({ nights: z.int() }), Ended: z.object({}) },
  create: (nights: number) => ({ type: "Booked", nights }),
  evolve: { Booked: (_, { nights }) => ({ nights }), Ended: (state) => state },
  commands: { end: () => ({ type: "Ended" }) },
  index: {},
  lifecycle: { delete: "Ended" },
});
type Account = EntityOf<typeof Account>;
type Stay = EntityOf<typeof Stay>;

const store = new MemoryStore();
const accounts = createStoreRepository(Account, store);
const stays = createStoreRepository(Stay, store);
const demanding = createStoreRepository(Account, store, { requireTransaction: true });
declare const tx: MemoryTransaction;

describe("decide", () => {
  it("gives the decision what stands at each place", async () => {
    const decided = await decide(
      [accounts.byId("a"), stays.maybeById("s"), accounts.byEmail("e"), stays.creator()],
      (account, stay, other, book) => {
        expectTypeOf(account).toEqualTypeOf<Account>();
        expectTypeOf(stay).toEqualTypeOf<Stay | undefined>();
        expectTypeOf(other).toEqualTypeOf<Account>();
        expectTypeOf(book).parameters.toEqualTypeOf<
          [input: number, options: { readonly id: string }]
        >();
        return book(2, { id: "s" });
      },
    );
    expectTypeOf(decided.result).toEqualTypeOf<Stay>();
    expectTypeOf(decided.replayed).toEqualTypeOf<false>();
  });

  it("takes lists of any length, and composites", async () => {
    await decide(
      ["a", "b"].map((id) => accounts.byId(id)),
      (...all) => {
        expectTypeOf(all).toExtend<readonly Account[]>();
      },
    );
    await decide([accounts.maybeByShopAndCode({ shop: "s", code: "c" })], (one) => {
      expectTypeOf(one).toEqualTypeOf<Account | undefined>();
    });
    // @ts-expect-error: one of two columns
    accounts.byShopAndCode({ shop: "s" });
    // @ts-expect-error: no unique column
    accounts.byShop("s");
  });

  it("has read options where the definition has, and no transaction of their own", () => {
    stays.byId("s", { includeDeleted: true });
    // @ts-expect-error: no lifecycle
    accounts.byId("a", { includeDeleted: true });
    // @ts-expect-error: a decision is in one transaction as a whole
    accounts.byId("a", { tx });
  });

  it("says by its type whether it may be a repetition", async () => {
    const once = await decide([accounts.byId("a")], () => 1, { idempotencyKey: "k", attempts: 3 });
    expectTypeOf(once.result).toEqualTypeOf<number | undefined>();
    if (!once.replayed) expectTypeOf(once.result).toEqualTypeOf<number>();
  });

  it("needs a transaction where one of the repositories does", async () => {
    await decide([accounts.byId("a")], () => {}, { tx });
    await decide([accounts.byId("a"), stays.byId("s")], () => {}, { tx: "none" });
    await decide([demanding.byId("a"), stays.byId("s")], () => {}, { tx, attempts: 2 });
    // @ts-expect-error: nothing is said of the transaction
    await decide([demanding.byId("a"), stays.byId("s")], () => {});
    // @ts-expect-error: it commits nothing on its own
    await decide([demanding.byId("a")], () => {}, { tx: "none" });
    // @ts-expect-error: no transaction
    await decide([accounts.byId("a")], () => {}, { tx: {} });
    // @ts-expect-error: an entity is no place
    await decide([await accounts.findById("a")], () => {});
  });
});
