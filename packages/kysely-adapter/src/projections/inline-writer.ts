import { HandlerFailedError, InvalidDefinitionError, ProjectionFailedError } from "@annals/core";
import type { AllAppended } from "@annals/core/adapter";
import type { Transaction } from "kysely";
import { appendedEvents } from "../statements/appended-events.ts";
import { type TopicRow, toTopicEvent } from "../statements/topic-row.ts";
import { type ProjectionParts, runOn } from "./projection-parts.ts";
import type { InlineWriter } from "./projection-type.ts";

/**
 * Hands events that a repository has just written to the handlers, in its transaction: read back as every
 * consumer would read them, with positions and times.
 */
export const inlineWriter = <DB>(parts: ProjectionParts<DB>): InlineWriter<string> => {
  const { name, applier, database } = parts;
  const readings = new Map(
    applier.plan.topics.map(({ plan }) => [plan.name, appendedEvents(database.schema, plan)]),
  );
  const handled = new Set(applier.plan.handles);
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

    write: async (given, topic, appended) => {
      const reading = readings.get(topic);
      const isHandled = ({ event }: AllAppended["events"][number]): boolean =>
        handled.has(`${topic}:${(event as { readonly type: string }).type}`);
      const concerned = appended.filter(({ events }) => events.some(isHandled));
      if (reading === undefined || concerned.length === 0) return;
      const tx = given as Transaction<DB>;
      const run = runOn(parts, "append", tx);
      const rows = await run<TopicRow>(reading, rangesOf(concerned));
      await applier.apply(rows.map(toTopicEvent), own(tx)).catch((error: unknown) => {
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
