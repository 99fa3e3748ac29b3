import { describe, it } from "vitest";
import * as z from "zod";
import { defineEntity, jsonDate } from "../index.ts";

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

type State = z.output<typeof literal.schema>;

describe("what does not compile", () => {
  const create = (input: { email: string; name: string }) =>
    ({ type: "UserRegistered", ...input }) as const;
  const evolve = {
    UserRegistered: (_: undefined, event: { email: string; name: string }) => ({
      email: event.email,
      name: event.name,
      status: "active" as const,
    }),
    EmailChanged: (state: State) => state,
    StatusSet: (state: State) => state,
    Greeted: (state: State) => state,
  };
  const { Greeted: _greeted, ...incomplete } = evolve;
  // The definitions below are wrong on purpose and would throw when they run.
  const never = (_define: () => unknown): void => {};

  it("a missing reducer", () =>
    never(() =>
      // @ts-expect-error Greeted has no reducer
      defineEntity({ ...literal, create, evolve: incomplete, commands: {}, index: {} }),
    ));

  it("a reducer for an event that does not exist", () =>
    never(() =>
      defineEntity({
        ...literal,
        create,
        // @ts-expect-error no event has this name
        evolve: { ...evolve, Gone: (state: State) => state },
        commands: {},
        index: {},
      }),
    ));

  it("a field in the returned state that the schema does not have", () =>
    never(() =>
      defineEntity({
        ...literal,
        create,
        evolve: {
          ...evolve,
          // @ts-expect-error a typo would mean a change that is never stored
          EmailChanged: (state: State) => ({ ...state, emial: "x" }),
        },
        commands: {},
        index: {},
      }),
    ));

  it("an index column that is no field, and an option that does not exist", () =>
    never(() => [
      // @ts-expect-error no such field in the schema
      defineEntity({ ...literal, create, evolve, commands: {}, index: { emial: {} } }),
      // @ts-expect-error unknown index option
      defineEntity({ ...literal, create, evolve, commands: {}, index: { email: { uniqe: true } } }),
    ]));

  it("a composite over a column that is not declared", () =>
    never(() =>
      defineEntity({
        ...literal,
        create,
        evolve,
        commands: {},
        index: { email: {} },
        // @ts-expect-error no such index column
        uniqueTogether: [["email", "nick"]],
      }),
    ));

  it("a command with a name that entities own, or that yields an unknown event", () =>
    never(() => [
      defineEntity({
        ...literal,
        create,
        evolve,
        // @ts-expect-error this name is taken by the entity itself
        commands: { history: () => ({ type: "Greeted" }) },
        index: {},
      }),
      defineEntity({
        ...literal,
        create,
        evolve,
        // @ts-expect-error no event has this name
        commands: { wave: () => ({ type: "Waved" }) },
        index: {},
      }),
    ]));

  it("an event of the wrong shape from a command without parameters", () =>
    never(() =>
      defineEntity({
        ...literal,
        create,
        evolve,
        // @ts-expect-error no such status
        commands: { close: () => ({ type: "StatusSet", status: "closed", at: new Date(0) }) },
        index: {},
      }),
    ));

  it("a command argument without a type", () =>
    never(() =>
      defineEntity({
        ...literal,
        create,
        evolve,
        // @ts-expect-error an argument of this command has no type
        commands: { rename: (_view, name) => ({ type: "EmailChanged", email: name }) },
        index: {},
      }),
    ));
});
