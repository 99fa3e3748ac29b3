import type { AllAppended, StoreHooks } from "@annals/core/adapter";
import type { Database } from "../connection/database.ts";
import { type InlineProjection, projectInline } from "./projection-type.ts";

/** The hooks of one entity's writes that write inline projections, where there are any. */
export const inlineHooks = <DB>(
  topic: string,
  { identity, schema }: Database<DB>,
  projections: readonly InlineProjection<string>[],
): StoreHooks<object> => {
  const writers = projections.map((projection) => projection[projectInline]);
  for (const writer of writers) writer.checkBelongs(identity, schema, topic);
  if (writers.length === 0) return {};
  return {
    onAppending: async (tx: object, appending: readonly AllAppended[]): Promise<void> => {
      for (const writer of writers) await writer.begin(tx, topic, appending);
    },
    onAllAppended: async (tx: object, appended: readonly AllAppended[]): Promise<void> => {
      for (const writer of writers) await writer.write(tx, topic, appended);
    },
  };
};
