import { type AnyTopic, InvalidDefinitionError } from "@annals/core";
import { model } from "@annals/core/adapter";
import type { Kysely } from "kysely";
import type { PersonalTable } from "./projection-type.ts";

type Handler = (event: Typed, meta: Meta) => unknown;
type Handlers = Readonly<Record<string, Handler | undefined>>;

interface Typed {
  readonly type: string;
}

interface Meta {
  readonly topic: string;
  readonly key: string;
  readonly tx: Kysely<Record<string, Record<string, unknown>>>;
}

/** A projection's options, where types no longer help. */
interface Given {
  readonly name: string;
  readonly topics: readonly AnyTopic[];
  readonly tables: readonly string[];
  readonly personal?: Readonly<Record<string, PersonalTable<string, string>>>;
  readonly only?: { readonly types?: readonly string[] };
  readonly on?: Handlers | Readonly<Record<string, Handlers>>;
  readonly onEvent?: Handler;
  readonly batch?: {
    readonly handle: (events: readonly { event: Typed; meta: Meta }[], meta: Meta) => unknown;
  };
}

/** What is done to a table when the event comes that says that somebody was forgotten. */
interface Clearing extends PersonalTable<string, string> {
  readonly table: string;
  readonly eventType: string;
}

/**
 * The options with handlers that first clear what is personal in the tables when somebody was forgotten: in
 * the order of the topic, and so after everything that still had the values. Those who read an event of
 * somebody later than that get it without them.
 *
 * @throws InvalidDefinitionError
 */
export const withPersonalTables = <Options extends object>(options: Options): Options => {
  const given = options as unknown as Given;
  if (given.personal === undefined) return options;
  const clearings = Object.entries(given.personal).map(([table, personal]) =>
    clearingOf(given, table, personal),
  );
  const clear = async (event: Typed, { topic, key, tx }: Meta): Promise<void> => {
    for (const clearing of clearings) {
      if (clearing.topic !== topic || clearing.eventType !== event.type) continue;
      await clearRows(tx, clearing, key);
    }
  };
  const first =
    (handler: Handler | undefined): Handler =>
    async (event, meta) => {
      await clear(event, meta);
      return handler?.(event, meta);
    };
  const { batch, onEvent, on } = given;
  if (batch !== undefined) {
    const handle: typeof batch.handle = async (events, meta) => {
      for (const one of events) await clear(one.event, { ...one.meta, tx: meta.tx });
      return batch.handle(events, meta);
    };
    return { ...options, batch: { ...batch, handle } };
  }
  if (onEvent !== undefined) return { ...options, onEvent: first(onEvent) };
  return { ...options, on: withClearing(given, on ?? {}, clearings, first) };
};

/** Handlers by type, or by topic and type, with one for every event that somebody was forgotten. */
const withClearing = (
  { topics }: Given,
  on: Handlers | Readonly<Record<string, Handlers>>,
  clearings: readonly Clearing[],
  first: (handler: Handler | undefined) => Handler,
): Handlers | Readonly<Record<string, Handlers>> => {
  const ofTopic = (topic: string, handlers: Handlers): Handlers => {
    const own = clearings.filter((clearing) => clearing.topic === topic);
    const added = own.map(({ eventType }) => [eventType, first(handlers[eventType])]);
    return { ...handlers, ...Object.fromEntries(added) };
  };
  const [only, ...more] = topics;
  if (only !== undefined && more.length === 0) return ofTopic(only.name, on as Handlers);
  const byTopic = on as Readonly<Record<string, Handlers>>;
  return Object.fromEntries(topics.map(({ name }) => [name, ofTopic(name, byTopic[name] ?? {})]));
};

const clearingOf = (
  { name, topics, tables, only }: Given,
  table: string,
  personal: PersonalTable<string, string>,
): Clearing => {
  const invalid = (problem: string, hint: string): never => {
    throw new InvalidDefinitionError(name, problem, hint);
  };
  if (!tables.includes(table)) {
    invalid(`personal names "${table}", which is none of its tables`, "Name one of its tables.");
  }
  if (personal.columns?.length === 0) {
    invalid(`personal names no columns of "${table}"`, "Leave columns out to delete the rows.");
  }
  const topic = topics.find((one) => one.name === personal.topic);
  const eventType = topic?.[model].erasure?.event;
  if (eventType !== undefined && only?.types?.includes(eventType) === false) {
    invalid(`only.types leaves out "${eventType}", which personal needs`, "Add it.");
  }
  if (eventType !== undefined) return { ...personal, table, eventType };
  return invalid(
    `personal names the topic "${personal.topic}", which ${topic === undefined ? "it does not follow" : "says of nobody that they were forgotten"}`,
    "Name a topic that it follows and whose erasure has an event.",
  );
};

const clearRows = async (
  tx: Meta["tx"],
  { table, id, columns }: Clearing,
  key: string,
): Promise<void> => {
  if (columns === undefined) {
    await tx.deleteFrom(table).where(id, "=", key).execute();
    return;
  }
  const nothing = Object.fromEntries(columns.map((column) => [column, null]));
  await tx.updateTable(table).set(nothing).where(id, "=", key).execute();
};
