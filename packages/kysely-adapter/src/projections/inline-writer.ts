import {
  InvalidDefinitionError,
  ProjectionFailedError,
  ProjectionSwappedError,
} from "@annals/core";
import type { Transaction } from "kysely";
import { type AppendedEventRow, appendedEvents } from "../statements/appended-events.ts";
import { toTopicEvent } from "../statements/topic-row.ts";
import { type ProjectionParts, runOn } from "./projection-parts.ts";
import type { InlineWriter } from "./projection-type.ts";

/**
 * Hands events that a repository has just written to the handlers, in its transaction: read back as every
 * consumer would read them, with positions and times, so that a rebuild does the same again.
 */
export const inlineWriter = <DB>(parts: ProjectionParts<DB>): InlineWriter<string> => {
  const { name, applier, database, tables } = parts;
  const readings = new Map(
    applier.plan.topics.map(({ plan }) => [plan.name, appendedEvents(database.schema, plan)]),
  );
  const handled = new Set(applier.plan.handles);
  const places = [tables.map(({ schema }) => schema), tables.map((table) => table.name)];
  const { plugins } = parts.db.getExecutor();

  /** The transaction as the projection's own instance would have opened it. */
  const own = (tx: Transaction<DB>): Transaction<DB> => {
    const given = tx.getExecutor().plugins;
    const isAlike =
      given.length === plugins.length && given.every((one, at) => one === plugins[at]);
    if (isAlike) return tx;
    return plugins.reduce((with_, plugin) => with_.withPlugin(plugin), tx.withoutPlugins());
  };

  return {
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

    write: async (given, topic, id, appended) => {
      const reading = readings.get(topic);
      const [first] = appended;
      if (reading === undefined || first === undefined) return;
      if (!appended.some(({ event }) => handled.has(`${topic}:${event.type}`))) return;
      const tx = given as Transaction<DB>;
      const last = first.sequence + appended.length - 1;
      const parameters = [id, first.sequence, last, ...places];
      const rows = await runOn(parts, "append", tx)<AppendedEventRow>(reading, parameters);
      if (rows[0]?.is_current === false) throw new ProjectionSwappedError({ projection: name });
      await applier.apply(
        rows.map(toTopicEvent),
        own(tx),
        ({ sequence }, cause) =>
          new ProjectionFailedError({ projection: name, topic, id, sequence }, { cause }),
      );
    },
  };
};
