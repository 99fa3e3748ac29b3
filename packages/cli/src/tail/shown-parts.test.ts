import { defineEntity, type JsonObject, jsonDate, upcast, upcastToEvents } from "@annals/core";
import type { TopicEvent } from "@annals/core/adapter";
import { expect, it } from "vitest";
import * as z from "zod";
import { shownParts } from "./shown-parts.ts";
import { followed } from "./tailed-topics.ts";

const Task = defineEntity({
  name: "task",
  schema: z.object({ title: z.string() }),
  events: {
    Made: z.object({ title: z.string(), at: jsonDate() }),
    Renamed: z.object({ title: z.string() }),
  },
  versions: {
    Made: [
      upcast(z.object({ name: z.string() }), ({ name }) => ({
        title: name,
        at: "2020-01-01T00:00:00Z",
      })),
    ],
  },
  renamed: { NameChanged: "Renamed" },
  retired: {
    Restarted: [
      upcastToEvents(z.object({ title: z.string() }), ({ title }) => [
        { type: "Made", title, at: "2020-01-01T00:00:00Z" },
        { type: "Renamed", title },
      ]),
    ],
    Touched: [upcastToEvents(z.object({}), () => [])],
  },
  create: (title: string, { now }: { now: Date }) => ({ type: "Made", title, at: now }),
  evolve: { Made: (_, { title }) => ({ title }), Renamed: (_, { title }) => ({ title }) },
  commands: {},
  index: {},
});

const event = (body: JsonObject): TopicEvent => ({
  topic: "task",
  id: "x",
  sequence: 1,
  position: 1,
  recordedAt: new Date(0),
  context: null,
  headers: null,
  bytes: null,
  body,
});

const made = { type: "Made", v: 2, title: "a", at: "2020-01-01T00:00:00.000Z" };

it("shows what older events became, in the newest stored form", () => {
  const bodies = (body: JsonObject, types?: readonly string[]) =>
    shownParts([Task], types)(event(body)).map((part) => part.body);
  expect(bodies(made)).toEqual([made]);
  expect(bodies({ type: "Made", name: "a" })).toEqual([made]);
  expect(bodies({ type: "NameChanged", title: "b" })).toEqual([{ type: "Renamed", title: "b" }]);
  expect(bodies({ type: "Touched" })).toEqual([]);
  expect(bodies({ type: "Restarted", title: "a" }, ["Made"])).toEqual([made]);
  expect(shownParts([Task], ["Renamed"])(event({ type: "Restarted", title: "a" }))).toEqual([
    { body: { type: "Renamed", title: "a" }, part: 2, parts: 2 },
  ]);
});

it("shows what it cannot read as it is stored", () => {
  for (const body of [
    { type: "Later" },
    { type: "Made", v: 3, x: 1 },
    { type: "Made", title: 1 },
  ]) {
    expect(shownParts([Task], undefined)(event(body))).toEqual([{ body, part: 1, parts: 1 }]);
  }
});

it("reads what may become what is wanted, and asks for newest names", () => {
  expect(followed([Task], ["Renamed"])[0]?.passedOver).toEqual(["Made"]);
  expect(() => followed([Task], ["NameChanged"])).toThrow('No topic has an event "NameChanged"');
});
