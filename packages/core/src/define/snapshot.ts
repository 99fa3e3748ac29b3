import type { $ZodObject } from "zod/v4/core";
import { InvalidDefinitionError } from "../errors/define-errors.ts";
import type { StoredTypes } from "./event-versions.ts";
import { checkIdentifier, snakeCase } from "./names.ts";
import { storedSchema } from "./stored-schema.ts";

/** How a definition has its entities' states kept, so that reads need not fold every event. */
export interface SnapshotOptions {
  /** After how many events the state is kept again: a whole number from 1 to 1,000,000. */
  readonly every: number;
  /**
   * To be raised whenever the same events fold into another state: after a change of a reducer, an
   * upcaster, a codec or a default. Snapshots of another version are ignored. Default is 1.
   */
  readonly version?: number;
}

/** The same, as a store sees it. */
export interface SnapshotPlan {
  readonly table: string;
  readonly every: number;
  /**
   * All that a state depends on and that can be told from a definition: its schema, the events and their
   * versions, and the version that the definition names. Snapshots with another basis are as if not there.
   */
  readonly basis: string;
}

interface SnapshotSource {
  readonly name: string;
  readonly schema: $ZodObject;
  readonly events: Readonly<Record<string, $ZodObject>>;
  readonly snapshot?: SnapshotOptions | undefined;
}

const EVERY_MAX = 1_000_000;

/** Raised when what a snapshot consists of changes. Part of every basis. */
const FORMAT = 1;

/** Checks what a definition says about snapshots. */
export const snapshotPlan = (
  source: SnapshotSource,
  stored: StoredTypes,
): SnapshotPlan | undefined => {
  const { name, snapshot } = source;
  if (snapshot === undefined) return undefined;
  const unknown = Object.keys(snapshot).find((key) => key !== "every" && key !== "version");
  if (unknown !== undefined) {
    throw new InvalidDefinitionError(
      name,
      `its snapshot has an unknown option "${unknown}"`,
      "Declare { every: 100 } and, once the same events fold into another state, version.",
    );
  }
  const { every, version = 1 } = snapshot;
  if (!Number.isInteger(every) || every < 1 || every > EVERY_MAX) {
    throw new InvalidDefinitionError(
      name,
      "snapshot.every is not a whole number from 1 to 1,000,000",
      "Say after how many events the state is kept again, for example { every: 100 }.",
    );
  }
  if (!Number.isSafeInteger(version) || version < 1) {
    throw new InvalidDefinitionError(
      name,
      "snapshot.version is not a whole number above 0",
      "Count from 1, and add one whenever the same events fold into another state.",
    );
  }
  const table = checkIdentifier(name, `${snakeCase(name)}_snapshots`);
  // The longest name that is derived from the table.
  checkIdentifier(name, `${table}_version_check`);
  const basis = JSON.stringify({ format: FORMAT, version, ...schemasOf(source, stored) });
  return Object.freeze({ table, every, basis });
};

/** What is stored under every event type, and what it folds into. The order of the events says nothing. */
const schemasOf = ({ schema, events }: SnapshotSource, stored: StoredTypes): object => {
  const described = (one: $ZodObject) => storedSchema(one, { withoutDefaults: true });
  const newest = Object.entries(events).map(([type, one]) => [type, described(one)] as const);
  const older = [...stored].map(
    ([type, { older: versions, newest: follows }]) =>
      [type, { versions: versions.map((one) => described(one.schema)), follows }] as const,
  );
  return {
    state: described(schema),
    events: Object.fromEntries(newest.sort(byName)),
    older: Object.fromEntries(older.sort(byName)),
  };
};

const byName = ([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number =>
  one < other ? -1 : 1;
