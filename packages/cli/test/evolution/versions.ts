import { type AnyEntity, type AnyPublishedTopic, defineEntity, defineTopic } from "@annals/core";
import * as z from "zod";

// One project through ten recorded changes. Each version is a whole definition, as a team would have
// edited it, over the same events.

const events = {
  Joined: z.object({ email: z.email(), name: z.string() }),
  PlanChosen: z.object({ plan: z.string() }),
  Scored: z.object({ points: z.int() }),
};
const state = z.object({
  email: z.email(),
  name: z.string(),
  plan: z.enum(["free", "paid", "team"]),
  score: z.int(),
  handle: z.string().optional(),
  team: z.string().nullable(),
});
const evolve = {
  Joined: (_: unknown, { email, name }: { email: string; name: string }) => ({
    email,
    name,
    plan: "free" as const,
    score: 0,
    team: null,
  }),
  PlanChosen: <State extends object>(current: State, { plan }: { plan: string }) => ({
    ...current,
    plan: plan as "free",
  }),
  Scored: <State extends { score: number }>(current: State, { points }: { points: number }) => ({
    ...current,
    score: current.score + points,
  }),
};

type Literal = Parameters<typeof defineEntity>[0];

/** The parts that change are put together untyped; what is tested is what they come to. */
const member = (changes: object): AnyEntity =>
  defineEntity({
    name: "member",
    schema: state,
    events,
    create: (input: { email: string; name: string }) => ({ type: "Joined", ...input }),
    evolve,
    commands: { score: (_: unknown, points: number) => ({ type: "Scored", points }) },
    index: { email: { unique: true } },
    ...changes,
  } as unknown as Literal) as unknown as AnyEntity;

const team = (): AnyEntity =>
  defineEntity({
    name: "team",
    schema: z.object({ title: z.string() }),
    events: { Founded: z.object({ title: z.string() }) },
    create: (title: string) => ({ type: "Founded", title }),
    evolve: { Founded: (_, { title }) => ({ title }) },
    commands: {},
    index: { title: { unique: true } },
  }) as unknown as AnyEntity;

/** What others are told, in the same versions. */
const news = (compaction: false | { deletedBy: ("Told" | "Withdrawn")[] }): AnyPublishedTopic =>
  defineTopic({
    name: "news",
    events: {
      Told: z.object({ about: z.string(), n: z.int() }),
      Withdrawn: z.object({ about: z.string() }),
    },
    key: ({ about }) => about,
    compaction,
  }) as unknown as AnyPublishedTopic;

const oldPlans = state.extend({ plan: z.enum(["free", "paid"]) });
const email = { unique: true };
const deletable = {
  events: { ...events, Left: z.object({}), Returned: z.object({}) },
  evolve: {
    ...evolve,
    Left: (current: object) => current,
    Returned: (current: object) => current,
  },
};
const lifecycle = { delete: "Left", restore: "Returned" };
const upper = {
  domain: { from: ({ email: at }: { email: string }) => at.split("@")[1], type: "text" },
};

/** Every version of the project, the first one first, with the options that its generation needs. */
export const versions: readonly {
  readonly entities: readonly AnyEntity[];
  readonly topics?: readonly AnyPublishedTopic[];
  readonly named?: readonly string[];
}[] = [
  { entities: [member({ schema: oldPlans })] },
  // 1: a required column.
  { entities: [member({ schema: oldPlans, index: { email, name: {} } })] },
  // 2: a wider enum, once it is a column.
  { entities: [member({ schema: oldPlans, index: { email, name: {}, plan: {} } })] },
  { entities: [member({ index: { email, name: {}, plan: {} } })] },
  // 4: a unique column that may be empty, and one that never changes.
  {
    entities: [
      member({
        index: {
          email: { ...email, immutable: true },
          name: {},
          plan: {},
          handle: { unique: true },
        },
      }),
    ],
  },
  // 5: another entity, a computed column, and a topic.
  {
    topics: [news(false)],
    entities: [
      member({ index: { email, name: {}, plan: {}, handle: { unique: true } }, computed: upper }),
      team(),
    ],
  },
  // 6: events that delete and restore.
  {
    topics: [news(false)],
    entities: [
      member({
        index: { email, name: {}, plan: {}, handle: { unique: true } },
        computed: upper,
        ...deletable,
        lifecycle,
      }),
      team(),
    ],
  },
  // 7: a column goes.
  {
    topics: [news(false)],
    entities: [
      member({ index: { email, name: {}, plan: {} }, computed: upper, ...deletable, lifecycle }),
      team(),
    ],
    named: ["--drop", "member.handle"],
  },
  // 8: a column that is compared as a number, with a check, and the topic keeps its latest events.
  {
    topics: [news({ deletedBy: [] })],
    entities: [
      member({
        index: { email, name: {}, plan: {}, score: { check: '"score" >= 0', type: "integer" } },
        computed: upper,
        ...deletable,
        lifecycle,
      }),
      team(),
    ],
  },
  // 9: its type changes, two columns together are unique, events are chained, and a role may add.
  {
    topics: [news({ deletedBy: [] })],
    entities: [
      member({
        index: { email, name: {}, plan: {}, score: { type: "bigint" } },
        uniqueTogether: [["name", "email"]],
        computed: upper,
        ...deletable,
        lifecycle,
        guards: "chained",
        writerRole: "annals_test_writer",
      }),
      team(),
    ],
    named: ["--change", "member.score"],
  },
  // 10: an entity goes, and some strictness, and an event deletes what the topic keeps.
  {
    topics: [news({ deletedBy: ["Withdrawn"] })],
    entities: [
      member({
        index: { email, name: {}, plan: {}, score: { type: "bigint" } },
        uniqueTogether: [["name", "email"]],
        computed: upper,
        ...deletable,
        lifecycle,
        guards: "minimal",
      }),
    ],
    named: ["--drop", "team", "--drop", "member.previous"],
  },
];
