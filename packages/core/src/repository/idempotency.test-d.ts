import { describe, expectTypeOf, it } from "vitest";
import * as z from "zod";
import {
  createStoreRepository,
  defineEntity,
  type EntityOf,
  isReplayed,
  MemoryStore,
  type Replayed,
  type Transacted,
} from "../index.ts";

const User = defineEntity({
  name: "user",
  schema: z.object({ email: z.string() }),
  events: { Registered: z.object({ email: z.string() }), Removed: z.object({}) },
  create: (input: { email: string }) => ({ type: "Registered", ...input }),
  evolve: { Registered: (_, { email }) => ({ email }), Removed: (state) => state },
  commands: { rename: (_view, email: string) => ({ type: "Registered", email }) },
  index: { email: {} },
  lifecycle: { delete: "Removed" },
});

const users = createStoreRepository(User, new MemoryStore());
declare const user: EntityOf<typeof User>;
const email = (one: EntityOf<typeof User>) => one.state.email;

describe("an idempotency key", () => {
  it("is taken by every call that writes one entity, and may be left open", () => {
    const header: string | undefined = undefined;
    users.create({ email: "a" }, { idempotencyKey: "key", request: { any: [1n, new Date()] } });
    users.create({ email: "a" }, { idempotencyKey: header });
    users.update(user, { idempotencyKey: "key" });
    users.delete(user, { idempotencyKey: "key" });
    // @ts-expect-error a key is a text
    users.create({ email: "a" }, { idempotencyKey: 1 });
    // @ts-expect-error reading takes none
    users.findById("id", { idempotencyKey: "key" });
  });

  it("makes transact say whether it is a repetition, which has no result", async () => {
    const keyed = await users.transact("id", email, { idempotencyKey: "key" });
    expectTypeOf(keyed).toEqualTypeOf<Transacted<typeof User, string> | Replayed<typeof User>>();
    if (keyed.replayed) expectTypeOf(keyed.result).toEqualTypeOf<undefined>();
    else expectTypeOf(keyed.result).toEqualTypeOf<string>();
    const { replayed, result, entity } = keyed;
    if (!replayed) expectTypeOf(result).toEqualTypeOf<string>();
    expectTypeOf(entity).toEqualTypeOf<EntityOf<typeof User>>();

    const header = undefined as string | undefined;
    const open = await users.transact("id", email, { idempotencyKey: header });
    expectTypeOf(open.result).toEqualTypeOf<string | undefined>();
  });

  it("leaves transact without one as it is", async () => {
    const { result, replayed } = await users.transact("id", email, { attempts: 3 });
    expectTypeOf(result).toEqualTypeOf<string>();
    expectTypeOf(replayed).toEqualTypeOf<false>();
    // @ts-expect-error without a key there is no request to compare
    await users.transact("id", email, { request: 1 });
  });

  it("isReplayed asks an entity", () => {
    expectTypeOf(isReplayed(user)).toEqualTypeOf<boolean>();
    // @ts-expect-error this is no entity
    isReplayed({ id: "id" });
  });
});
