import { AssertionError } from "node:assert";
import { alreadyApplied, defineEntity, EntityDeletedError } from "@annals/core";
import { expect, it } from "vitest";
import * as z from "zod";
import { assertDecidesOnce } from "./assert-decides-once.ts";
import { given } from "./given.ts";

const Member = defineEntity({
  name: "member",
  schema: z.object({ name: z.string() }),
  events: {
    Joined: z.object({ name: z.string() }),
    Renamed: z.object({ name: z.string() }),
    Left: z.object({}),
    Returned: z.object({}),
  },
  create: (input: { name: string; asGone?: boolean }) => [
    { type: "Joined", name: input.name },
    ...(input.asGone === true
      ? [{ type: "Left" as const }, { type: "Renamed" as const, name: "gone" }]
      : []),
  ],
  evolve: {
    Joined: (_, { name }) => ({ name }),
    Renamed: (_, { name }) => ({ name }),
    Left: (state) => state,
    Returned: (state) => state,
  },
  commands: {
    rename: (_, name: string) => ({ type: "Renamed", name }),
    leave: ({ isDeleted }) => (isDeleted ? alreadyApplied : { type: "Left" }),
    returnAs: (_, name: string) => [{ type: "Returned" }, { type: "Renamed", name }],
  },
  index: {},
  lifecycle: { delete: "Left", restore: "Returned" },
});

const joined = { type: "Joined", name: "Ada" } as const;
const left = { type: "Left" } as const;

it("decides over a deleted entity as a repository does", () => {
  given(Member, [joined, left]).when("rename", "Eve").thenDeleted();
  given(Member, [joined, left]).when("leave").thenAlreadyApplied();
  given(Member, [joined, left])
    .when("returnAs", "Eve")
    .then([{ type: "Returned" }, { type: "Renamed", name: "Eve" }]);
  given(Member, [joined, left, { type: "Returned" }])
    .when("rename", "Eve")
    .thenState({ name: "Eve" });
  given(Member).create({ name: "Ada", asGone: true }).thenDeleted();
  assertDecidesOnce(Member, { given: [joined], when: ["leave"] });
});

it("tells what it was instead", () => {
  const deleted = given(Member, [joined, left]).when("rename", "Eve");
  expect(() => deleted.thenAlreadyApplied()).toThrow(AssertionError);
  expect(() => deleted.thenInvalid()).toThrow(/is deleted, and rename/);
  expect(() => given(Member, [joined]).when("leave").thenDeleted()).toThrow(AssertionError);
});

it("refuses a past that could not have happened", () => {
  expect(() => given(Member, [joined, left, left]).when("leave")).toThrow(EntityDeletedError);
});
