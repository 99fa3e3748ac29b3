import {
  HandlerFailedError,
  InvalidDefinitionError,
  ProjectionFailedError,
  ProjectionSwappedError,
} from "@annals/core";
import type { AllAppended } from "@annals/core/adapter";
import type { Transaction } from "kysely";
import { type AppendedEventRow, appendedEvents } from "../statements/appended-events.ts";
import { lockForAppend } from "../statements/lock-for-append.ts";
import { toTopicEvent } from "../statements/topic-row.ts";
import { namesOf, type ProjectionParts, runOn } from "./projection-parts.ts";
import type { InlineWriter } from "./projection-type.ts";

/**
 * Hands events that a repository has just written to the handlers, in its transaction: read back as every
 * consumer would read them, with positions and times, so that a rebuild does the same again.
 */
export const inlineWriter = <DB>(parts: ProjectionParts<DB>): InlineWriter<string> => {
  const { name, applier, database, tables } = parts;
  const lock = lockForAppend(name, namesOf(parts));
  const readings = new Map(
    applier.plan.topics.map(({ plan }) => [plan.name, appendedEvents(database.schema, plan)]),
  );
  const handled = new Set(applier.plan.handles);
  const places = [tables.map(({ schema }) => schema), tables.map((table) => table.name)];
  const { plugins } = parts.db.getExecutor();

  const concerned = (topic: string, all: readonly AllAppended[]): readonly AllAppended[] =>
    all.filter(({ events }) =>
      events.some(({ event }) => handled.has(`${topic}:${(event as { type: string }).type}`)),
    );

  /** The transaction as the projection's own instance would have opened it. */
  const own = (tx: Transaction<DB>): Transaction<DB> => {
    const given = tx.getExecutor().plugins;
    const isAlike =
      given.length === plugins.length && given.every((one, at) => one === plugins[at]);
    if (isAlike) return tx;
    return plugins.reduce((with_, plugin) => with_.withPlugin(plugin), tx.withoutPlugins());
  };

  return {
    follows: (topic) => readings.has(topic),

    checkBelongs: (identity, schema, topic) => {
      const invalid = (problem: string, hint: string): never => {
        throw new InvalidDefinitionError(name, problem, hint);
      };
      if (!readings.has(topic)) invalid(`it does not follow ${topic}`, "Add it to its topics.");
      if (identity === database.identity && schema === database.schema) return;
      invalid(
        `its ${topic} is on another database or in another schema`,
        "Create both on one instance.",
      );
    },

    begin: async (tx, topic, appending) => {
      if (concerned(topic, appending).length === 0) return;
      await runOn(parts, "append", tx as Transaction<DB>)(lock);
    },

    write: async (given, topic, appended) => {
      const reading = readings.get(topic);
      const written = concerned(topic, appended);
      if (reading === undefined || written.length === 0) return;
      const tx = given as Transaction<DB>;
      const parameters = [...rangesOf(written), ...places];
      const rows = await runOn(parts, "append", tx)<AppendedEventRow>(reading, parameters);
      if (rows[0]?.is_current === false) throw new ProjectionSwappedError({ projection: name });
      const events = await parts.opened(rows.map(toTopicEvent), tx);
      await applier.apply(events, own(tx)).catch((error: unknown) => {
        if (!(error instanceof HandlerFailedError)) throw error;
        const { id, sequence, cause } = error;
        throw new ProjectionFailedError({ projection: name, topic, id, sequence }, { cause });
      });
    },
  };
};

/** The ids, and from which to which sequence. */
const rangesOf = (appended: readonly AllAppended[]): readonly (readonly unknown[])[] => [
  appended.map(({ id }) => id),
  appended.map(({ events }) => events[0]?.sequence),
  appended.map(({ events }) => events.at(-1)?.sequence),
];
