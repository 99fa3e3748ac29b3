import { describe, expectTypeOf, it } from "vitest";
import * as z from "zod";
import {
  alreadyApplied,
  type CreateInputOf,
  type CreateView,
  createStoreRepository,
  type DatabaseOf,
  defineEntity,
  type EntityOf,
  type EventOf,
  type IdOf,
  type IndexRowOf,
  jsonDate,
  MemoryStore,
  reject,
  type StateOf,
} from "../index.ts";

const literal = {
  name: "user",
  schema: z.object({
    email: z.email(),
    name: z.string().min(1),
    status: z.enum(["active", "suspended"]),
    nick: z.string().optional(),
  }),
  events: {
    UserRegistered: z.object({ email: z.email(), name: z.string().min(1) }),
    EmailChanged: z.object({ email: z.email() }),
    StatusSet: z.object({ status: z.enum(["active", "suspended"]), at: jsonDate() }),
    Greeted: z.object({}),
  },
} as const;

const User = defineEntity({
  ...literal,
  create: (input: { email: string; name: string }) => ({ type: "UserRegistered", ...input }),
  evolve: {
    UserRegistered: (_, { email, name }) => ({ email, name, status: "active" }),
    EmailChanged: (state, { email }) => ({ ...state, email }),
    StatusSet: (state, { status }) => ({ ...state, status }),
    Greeted: (state) => state,
  },
  commands: {
    changeEmail: ({ state }, email: string) =>
      state.status === "suspended"
        ? reject("suspended")
        : state.email === email
          ? alreadyApplied
          : { type: "EmailChanged", email },
    suspend: ({ now }) => [{ type: "StatusSet", status: "suspended", at: now }],
    greet: () => ({ type: "Greeted" }),
    reinstate: () => [{ type: "StatusSet", status: "active", at: new Date(0) }],
  },
  index: {
    email: { unique: true, normalize: (email) => email.toLowerCase() },
    status: {},
    nick: { sort: false },
  },
  computed: {
    domain: { from: (state) => state.email.split("@")[1], type: "text", unique: true },
  },
  uniqueTogether: [["status", "nick"]],
});

const Order = defineEntity({
  name: "order",
  table: "purchases",
  id: z.uuid().brand<"OrderId">(),
  idSource: "caller",
  schema: z.object({
    total: z.number(),
    placedAt: jsonDate(),
    dueAt: z.iso.datetime().nullable(),
    rank: z.int().optional(),
  }),
  events: { Placed: z.object({ total: z.number(), placedAt: jsonDate() }) },
  create: (input: { total: number }, { now }: CreateView) =>
    input.total < 0 ? reject("negative") : { type: "Placed", ...input, placedAt: now },
  evolve: { Placed: (_, { total, placedAt }) => ({ total, placedAt, dueAt: null }) },
  commands: {},
  index: { total: {}, placedAt: {}, dueAt: {}, rank: {} },
});

const Lamp = defineEntity({
  name: "lamp",
  schema: z.object({ status: z.enum(["on", "off"]) }),
  events: { Made: z.object({}), Switched: z.object({ status: z.enum(["on", "off"]) }) },
  create: () => ({ type: "Made" }),
  evolve: { Made: () => ({ status: "off" }), Switched: (_, { status }) => ({ status }) },
  commands: { switchOn: () => ({ type: "Switched", status: "on" }) },
  index: {},
});

describe("what a definition says", () => {
  it("keeps its literals in functions without parameters", () => {
    expectTypeOf<EventOf<typeof Lamp>["type"]>().toEqualTypeOf<"Made" | "Switched">();
    expectTypeOf<EntityOf<typeof Lamp>["switchOn"]>().parameters.toEqualTypeOf<[]>();
  });

  it("gives the event union, discriminated by type", () => {
    type Event = EventOf<typeof User>;
    expectTypeOf<Event["type"]>().toEqualTypeOf<
      "UserRegistered" | "EmailChanged" | "StatusSet" | "Greeted"
    >();
    expectTypeOf<Extract<Event, { type: "StatusSet" }>["at"]>().toEqualTypeOf<Date>();
  });

  it("gives the state, the input and the id", () => {
    expectTypeOf<StateOf<typeof User>["status"]>().toEqualTypeOf<"active" | "suspended">();
    expectTypeOf<CreateInputOf<typeof User>>().toEqualTypeOf<{ email: string; name: string }>();
    expectTypeOf<IdOf<typeof User>>().toEqualTypeOf<string>();
    expectTypeOf<IdOf<typeof Order>>().toEqualTypeOf<string & z.core.$brand<"OrderId">>();
  });

  it("gives the rows that queries over the tables read", () => {
    expectTypeOf<IndexRowOf<typeof User>["email"]>().toEqualTypeOf<string>();
    expectTypeOf<IndexRowOf<typeof User>["nick"]>().toEqualTypeOf<string | null>();
    expectTypeOf<IndexRowOf<typeof Order>["placed_at"]>().toEqualTypeOf<Date>();
    expectTypeOf<IndexRowOf<typeof Order>["due_at"]>().toEqualTypeOf<Date | null>();
    expectTypeOf<IndexRowOf<typeof Order>["rank"]>().toEqualTypeOf<number | string | null>();
    type Database = DatabaseOf<[typeof User, typeof Order]>;
    expectTypeOf<keyof Database>().toEqualTypeOf<
      "users" | "user_events" | "purchases" | "order_events"
    >();
    expectTypeOf<Database["order_events"]["event"]["placedAt"]>().toEqualTypeOf<string>();
  });
});

describe("entities", () => {
  it("have commands with the arguments that the definition annotates", () => {
    expectTypeOf<EntityOf<typeof User>["changeEmail"]>().toEqualTypeOf<
      (email: string) => "executed" | "alreadyApplied"
    >();
    expectTypeOf<EntityOf<typeof User>["greet"]>().parameters.toEqualTypeOf<[]>();
    expectTypeOf<EntityOf<typeof User>["state"]["status"]>().toEqualTypeOf<
      "active" | "suspended"
    >();
  });

  it("tell in attempt what became of a command", () => {
    type Result = ReturnType<EntityOf<typeof User>["attempt"]["changeEmail"]>;
    expectTypeOf<Result["outcome"]>().toEqualTypeOf<
      "executed" | "alreadyApplied" | "rejected" | "invalid"
    >();
  });

  it("cannot be changed from outside", () => {
    const user = {} as EntityOf<typeof User>;
    // @ts-expect-error the state is read-only
    user.state.name = "x";
    // @ts-expect-error the history is read-only
    user.history.push({ type: "Greeted" });
  });
});

describe("repositories", () => {
  const users = createStoreRepository(User, new MemoryStore());
  const orders = createStoreRepository(Order, new MemoryStore());

  it("have a finder for each unique column and composite", () => {
    expectTypeOf(users.findByEmail).parameter(0).toEqualTypeOf<string>();
    expectTypeOf(users.maybeFindByDomain).parameter(0).toEqualTypeOf<string>();
    expectTypeOf(users.findByStatusAndNick)
      .parameter(0)
      .toEqualTypeOf<{ readonly status: "active" | "suspended"; readonly nick: string }>();
    expectTypeOf(users.findByEmail("x")).resolves.toEqualTypeOf<EntityOf<typeof User>>();
    expectTypeOf(users.maybeFindByEmail("x")).resolves.toEqualTypeOf<
      EntityOf<typeof User> | undefined
    >();
  });

  it("have no finder for other columns, and none for nothing", () => {
    // @ts-expect-error status is not unique
    users.findByStatus;
    // @ts-expect-error nothing is not unique
    users.findByEmail(null);
  });

  it("type what lists take by column", () => {
    users.list({ where: { status: "active", nick: null }, orderBy: "email", direction: "desc" });
    // @ts-expect-error no such status
    users.list({ where: { status: "gone" } });
    // @ts-expect-error an email is never absent
    users.list({ where: { email: null } });
    // @ts-expect-error not a column
    users.list({ orderBy: "name" });
    // @ts-expect-error declared with sort: false
    users.list({ orderBy: "nick" });
  });

  it("take an id on create only where callers choose it", () => {
    users.create({ email: "a", name: "b" });
    // @ts-expect-error ids are generated
    users.create({ email: "a", name: "b" }, { id: "x" });
    // @ts-expect-error the input lacks a name
    users.create({ email: "a" });
    // @ts-expect-error the id is missing
    orders.create({ total: 1 });
    orders.create({ total: 1 }, { id: "x" as IdOf<typeof Order> });
    createStoreRepository(Lamp, new MemoryStore()).create();
  });
});
