import { describe, expectTypeOf, it } from "vitest";
import * as z from "zod";
import { defineEntity, type EventOf, jsonDate, upcast, upcastToEvents } from "../index.ts";

const literal = {
  name: "user",
  schema: z.object({ email: z.string(), status: z.enum(["active", "suspended"]) }),
  events: {
    Registered: z.object({ email: z.string(), tags: z.array(z.string()).default([]) }),
    StatusSet: z.object({ status: z.enum(["active", "suspended"]), at: jsonDate() }),
    Greeted: z.object({}),
  },
  create: (input: { email: string }) => ({ type: "Registered" as const, tags: [], ...input }),
  evolve: {
    Registered: (_: unknown, { email }: { email: string }) => ({
      email,
      status: "active" as const,
    }),
    StatusSet: (
      state: Readonly<{ email: string; status: "active" | "suspended" }>,
      { status }: { status: "active" | "suspended" },
    ) => ({ ...state, status }),
    Greeted: (state: Readonly<{ email: string; status: "active" | "suspended" }>) => ({ ...state }),
  },
  commands: {},
  index: {},
} as const;

const mail = z.object({ mail: z.string() });
const address = z.object({ address: z.string() });

describe("versions of events", () => {
  it("lead from each schema to the next one, in stored form, with literals kept", () => {
    const User = defineEntity({
      ...literal,
      versions: {
        Registered: [
          upcast(z.object({ mail: z.string() }), (event) => {
            expectTypeOf(event).toEqualTypeOf<Readonly<{ mail: string }>>();
            return { address: event.mail };
          }),
          upcast(address, (event) => ({ email: event.address, tags: ["old"] })),
        ],
        StatusSet: [
          upcast(z.object({ since: jsonDate() }), ({ since }) => ({
            status: "suspended",
            at: since.toISOString(),
          })),
        ],
      },
      renamed: { Hello: "Greeted" },
      retired: {
        Imported: [
          upcast(mail, (event) => ({ address: event.mail })),
          upcastToEvents(address, (event) => [
            { type: "Registered", email: event.address },
            { type: "StatusSet", status: "active", at: "2020-01-01T00:00:00.000Z" },
            { type: "Greeted" },
          ]),
        ],
        Forgotten: [upcastToEvents(z.object({}), () => [])],
        Blocked: [
          upcastToEvents(z.object({ now: z.boolean(), at: z.string() }), ({ now, at }) =>
            now ? [{ type: "StatusSet", status: "suspended", at }] : [],
          ),
        ],
      },
    });
    expectTypeOf<EventOf<typeof User>["type"]>().toEqualTypeOf<
      "Registered" | "StatusSet" | "Greeted"
    >();
  });

  it("refuse what the next version does not take", () => {
    defineEntity({
      ...literal,
      // @ts-expect-error "the upcaster must return the next version's stored payload"
      versions: { Registered: [upcast(mail, (event) => ({ email: event.mail.length }))] },
    });
    defineEntity({
      ...literal,
      versions: {
        Registered: [
          // @ts-expect-error the second version needs another field
          upcast(mail, (event) => ({ email: event.mail })),
          upcast(address, (event) => ({ email: event.address })),
        ],
      },
    });
    defineEntity({
      ...literal,
      // @ts-expect-error a date is stored as text
      versions: { StatusSet: [upcast(z.object({}), () => ({ status: "active", at: new Date() }))] },
    });
    defineEntity({
      ...literal,
      // @ts-expect-error no status has this name
      versions: { StatusSet: [upcast(z.object({}), () => ({ status: "gone", at: "" }))] },
    });
    defineEntity({
      ...literal,
      // @ts-expect-error "the next version has no such field"
      versions: { Registered: [upcast(mail, (event) => ({ email: event.mail, tag: "typo" }))] },
    });
    defineEntity({
      ...literal,
      // @ts-expect-error there is at least one older version
      versions: { Registered: [] },
    });
    defineEntity({
      ...literal,
      // @ts-expect-error a version needs its upcaster
      versions: { Registered: [mail] },
    });
  });

  it("refuse names and events that the definition does not have", () => {
    defineEntity({
      ...literal,
      // @ts-expect-error "no event has this name"
      versions: { Gone: [upcast(mail, (event) => ({ email: event.mail }))] },
    });
    defineEntity({
      ...literal,
      // @ts-expect-error no event has the new name
      renamed: { Hello: "Gone" },
    });
    defineEntity({
      ...literal,
      // @ts-expect-error "this is an event of the definition"
      retired: { Greeted: [upcastToEvents(mail, () => [])] },
    });
    defineEntity({
      ...literal,
      // @ts-expect-error "the last version of a retired event takes upcastToEvents()"
      retired: { Hello: [upcast(mail, (event) => ({ email: event.mail }))] },
    });
    defineEntity({
      ...literal,
      // @ts-expect-error "the upcaster must return events of the definition at their newest versions"
      retired: { Hello: [upcastToEvents(mail, () => [{ type: "Gone" }])] },
    });
    defineEntity({
      ...literal,
      // @ts-expect-error the payload of the event
      retired: { Hello: [upcastToEvents(mail, () => [{ type: "Registered" }])] },
    });
    defineEntity({
      ...literal,
      // @ts-expect-error "the event has no such field"
      retired: { Hello: [upcastToEvents(mail, () => [{ type: "Greeted", loud: true }])] },
    });
  });
});
