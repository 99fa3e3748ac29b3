import { defineEntity, defineTopic } from "@annals/core";
import { expect, it } from "vitest";
import * as z from "zod";
import { checkedConfig } from "./checked-config.ts";

const User = defineEntity({
  name: "user",
  schema: z.object({ name: z.string() }),
  events: { Joined: z.object({ name: z.string() }) },
  create: (name: string) => ({ type: "Joined", name }),
  evolve: { Joined: (_, { name }) => ({ name }) },
  commands: {},
  index: {},
});
const Feed = defineTopic({ name: "feed", events: { Told: z.object({}) } });

it("takes entities and topics", () => {
  const config = { entities: [User], topics: [Feed] };
  expect(checkedConfig("c.ts", config)).toBe(config);
});

it.each<[unknown, string]>([
  [undefined, "c.ts has no default export"],
  ["user", "c.ts exports no configuration"],
  [{}, 'c.ts has no list of entities as "entities"'],
  [{ entities: User }, 'c.ts has no list of entities as "entities"'],
  [{ entities: [User, undefined] }, "c.ts has no definition as entities[1]"],
  [{ entities: [], projections: [] }, 'c.ts has something else than a function as "projections"'],
  [{ entities: [], topics: Feed }, 'c.ts has something else than a list as "topics"'],
  [{ entities: [], topics: [User] }, 'c.ts has "user" among its topics, which is an entity'],
  [{ entities: [Feed] }, 'c.ts has "feed" among its entities, which is a topic'],
  [{ entities: [User, User] }, 'c.ts names "user" twice'],
])("says what is wrong with %o", (config, message) => {
  expect(() => checkedConfig("c.ts", config)).toThrow(message);
});
