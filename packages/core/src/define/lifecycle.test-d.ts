import { describe, expectTypeOf, it } from "vitest";
import * as z from "zod";
import {
  createStoreRepository,
  type DatabaseOf,
  defineEntity,
  type EntityOf,
  type IndexRowOf,
  MemoryStore,
  type MemoryTransaction,
} from "../index.ts";

const literal = {
  schema: z.object({ email: z.string(), team: z.string() }),
  events: {
    Joined: z.object({ email: z.string() }),
    Left: z.object({ reason: z.string(), at: z.string().optional() }),
    Removed: z.object({ by: z.string().optional() }),
    Returned: z.object({}),
  },
  create: (input: { email: string }) => ({ type: "Joined", ...input }) as const,
  evolve: {
    Joined: (_: undefined, { email }: { email: string }) => ({ email, team: "red" }),
    Left: <State>(state: State) => state,
    Removed: <State>(state: State) => state,
    Returned: <State>(state: State) => state,
  },
  commands: {},
  index: { email: { unique: true }, team: {} },
} as const;

const Plain = defineEntity({ ...literal, name: "plain" });
const Member = defineEntity({
  ...literal,
  name: "member",
  commands: { leave: (_, reason: string) => ({ type: "Left", reason }) },
  lifecycle: { delete: "Left", restore: "Returned" },
});
const Guest = defineEntity({ ...literal, name: "guest", lifecycle: { delete: "Removed" } });

const store = new MemoryStore();
const plain = createStoreRepository(Plain, store);
const members = createStoreRepository(Member, store);
const guests = createStoreRepository(Guest, store);

declare const member: EntityOf<typeof Member>;
declare const guest: EntityOf<typeof Guest>;
declare const tx: MemoryTransaction;

/** Looked at by the compiler only. */
const compiled = (check: () => unknown) => expectTypeOf(check).toBeFunction();

describe("a lifecycle", () => {
  it("gives the calls that it declares, and no other", () => {
    compiled(() => {
      members.delete(member, { reason: "moved" });
      members.delete(member, { reason: "moved", at: "noon" }, { tx });
      members.restore(member);
      members.restore(member, { tx });
      guests.delete(guest);
      guests.delete(guest, { by: "ada" });
      guests.delete(guest, undefined, { tx: "none" });
      // @ts-expect-error the event's payload is required
      members.delete(member);
      // @ts-expect-error a field of the payload is missing
      members.delete(member, { at: "noon" });
      // @ts-expect-error a field that the payload does not have
      members.delete(member, { reason: "moved", by: "ada" });
      // @ts-expect-error the event has no payload
      members.restore(member, { by: "ada" });
      // @ts-expect-error an entity of another definition
      members.delete(guest, { reason: "moved" });
      // @ts-expect-error no event restores a guest
      guests.restore;
      // @ts-expect-error a plain entity is never deleted
      plain.delete;
      // @ts-expect-error a plain entity is never deleted
      plain.restore;
    });
    expectTypeOf(members.delete).returns.toEqualTypeOf<Promise<number>>();
  });

  it("gives every read the option to include what is deleted, and no other entity's", () => {
    compiled(() => {
      const seen = { includeDeleted: true } as const;
      members.findById("", seen);
      members.maybeFindById("", { tx, ...seen });
      members.findAll([], seen);
      members.findByEmail("", seen);
      members.maybeFindByEmail("", seen);
      members.listByTeam("red", { ...seen, first: 1 });
      members.pages(seen);
      members.each(seen);
      members.count(seen);
      members.exists(seen);
      members.list({ ...seen, where: { deletedAt: { not: null } }, orderBy: "deletedAt" });
      members.list({ where: { or: [{ deletedAt: { lt: new Date() } }, { team: "red" }] } });
      // @ts-expect-error a time, not a text
      members.list({ where: { deletedAt: { contains: "2026" } } });
      // @ts-expect-error writes have no such option
      members.update(member, { includeDeleted: true });
      // @ts-expect-error a plain entity is never deleted
      plain.findById("", { includeDeleted: true });
      // @ts-expect-error a plain entity is never deleted
      plain.list({ includeDeleted: true });
      // @ts-expect-error a plain entity is never deleted
      plain.list({ where: { deletedAt: null } });
      // @ts-expect-error a plain entity is never deleted
      plain.list({ orderBy: "deletedAt" });
    });
  });

  it("adds its column to the rows, where it is declared", () => {
    expectTypeOf<IndexRowOf<typeof Member>["deleted_at"]>().toEqualTypeOf<Date | null>();
    expectTypeOf<DatabaseOf<[typeof Guest]>["guests"]["deleted_at"]>().toEqualTypeOf<Date | null>();
    expectTypeOf<IndexRowOf<typeof Plain>>().not.toHaveProperty("deleted_at");
  });

  it("says of every entity whether it is deleted, and of its attempts where they can be refused", () => {
    expectTypeOf<EntityOf<typeof Plain>["isDeleted"]>().toEqualTypeOf<boolean>();
    const Open = defineEntity({
      ...literal,
      name: "open",
      commands: { leave: () => ({ type: "Left", reason: "bored" }) },
    });
    const Closable = defineEntity({
      ...literal,
      name: "closable",
      commands: {
        leave: ({ isDeleted }) => ({ type: "Left", reason: isDeleted ? "again" : "bored" }),
      },
      lifecycle: { delete: "Left" },
    });
    type Outcome<Definition extends typeof Open | typeof Closable> = ReturnType<
      EntityOf<Definition>["attempt"]["leave"]
    >["outcome"];
    expectTypeOf<Outcome<typeof Open>>().toEqualTypeOf<
      "executed" | "alreadyApplied" | "rejected" | "invalid"
    >();
    expectTypeOf<Outcome<typeof Closable>>().toEqualTypeOf<
      "executed" | "alreadyApplied" | "rejected" | "invalid" | "deleted"
    >();
  });

  it("names declared events that do not create", () => {
    compiled(() => {
      defineEntity({
        ...literal,
        name: "a",
        // @ts-expect-error no event has this name
        lifecycle: { delete: "Gone" },
      });
      defineEntity({
        ...literal,
        name: "b",
        // @ts-expect-error no event has this name
        lifecycle: { delete: "Left", restore: "Back" },
      });
      defineEntity({
        ...literal,
        name: "c",
        // @ts-expect-error an event that creates the entity cannot delete or restore it
        lifecycle: { delete: "Joined" },
      });
      defineEntity({
        ...literal,
        name: "d",
        // @ts-expect-error unknown lifecycle option
        lifecycle: { delete: "Left", purge: "Removed" },
      });
      defineEntity({
        ...literal,
        name: "e",
        // @ts-expect-error nothing is restored that is not deleted
        lifecycle: { restore: "Returned" },
      });
    });
  });

  it("leaves its words to no command", () => {
    compiled(() =>
      defineEntity({
        ...literal,
        name: "f",
        commands: {
          // @ts-expect-error this name is taken by the entity itself
          isDeleted: () => ({ type: "Returned" }),
        },
      }),
    );
  });
});
