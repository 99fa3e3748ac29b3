import type { $ZodType } from "zod/v4/core";
import type { AnyTopic } from "./any-topic.ts";
import { model } from "./entity-definition.ts";
import type { JsonSchema, Misfit } from "./schema-fits.ts";
import { misfits } from "./schema-fits.ts";
import { storedSchema } from "./stored-schema.ts";

/** The JSON schemas of what may be stored, by event type and version. */
export type EventContract = Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>;

/** An event that is stored, and that a definition may not be able to read any more. */
export interface BrokenContract {
  readonly type: string;
  readonly version: number;
  /** What is wrong, as a sentence. */
  readonly problem: string;
}

/**
 * What a definition reads, in stored form: the events that are written, and every older version. Rules
 * that are functions, such as refinements, are in no JSON schema.
 */
export const eventContract = (definition: AnyTopic): EventContract => {
  const { events, storedTypes } = definition[model];
  const contract: Record<string, Record<string, JsonSchema>> = {};
  for (const [type, { version }] of events) {
    contract[type] = { [version]: storedSchema(definition.events[type] as $ZodType) };
  }
  for (const [type, { older, newest }] of storedTypes) {
    const versions = Object.fromEntries(
      older.map(({ schema }, at) => [at + 1, storedSchema(schema)]),
    );
    const last = newest === undefined ? undefined : definition.events[newest];
    contract[type] =
      last === undefined ? versions : { ...versions, [older.length + 1]: storedSchema(last) };
  }
  return contract;
};

/** The events of a committed contract that a newer one may not read. */
export const brokenContracts = (
  committed: EventContract,
  current: EventContract,
): readonly BrokenContract[] =>
  Object.entries(committed).flatMap(([type, versions]) =>
    Object.entries(versions).flatMap(([version, schema]): BrokenContract[] => {
      const now = current[type]?.[version];
      const at = { type, version: Number(version) };
      if (now === undefined)
        return [{ ...at, problem: "The definition does not read it any more." }];
      return misfits(schema, now).map((found) => ({ ...at, problem: sentence(found) }));
    }),
  );

const sentence = ({ path, problem }: Misfit): string =>
  path.length === 0 ? `Its payload ${problem}.` : `${path.join(".")} ${problem}.`;
