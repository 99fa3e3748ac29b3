import { type BrokenContract, brokenContracts } from "@annals/core/adapter";
import { change, type SchemaChange } from "./schema-change.ts";
import type { LockedEntity, SchemaLock } from "./schema-lock.ts";

/** A stored event that the definitions may not be able to read any more. */
export interface BrokenEvent extends BrokenContract {
  readonly entity: string;
}

/** What to do about it. */
export const CONTRACT_REMEDY =
  "Keep the old schema in versions or retired, with an upcaster, and give the event its new schema as the next version.";

/** Compares entities and topics that both know; one that is dropped takes its events along. */
export const brokenEvents = (before: SchemaLock, after: SchemaLock): readonly BrokenEvent[] =>
  shared(before, after).flatMap(([entity, known, wanted]) =>
    brokenContracts(known.events ?? {}, wanted.events).map((broken) => ({ entity, ...broken })),
  );

/** Whether events changed in a way that no table shows, but that has to be remembered. */
export const haveEventsChanged = (before: SchemaLock, after: SchemaLock): boolean =>
  shared(before, after).some(
    ([, known, wanted]) => JSON.stringify(known.events) !== JSON.stringify(wanted.events),
  );

/** Broken contracts as changes that have to be named. */
export const eventChanges = (before: SchemaLock, after: SchemaLock): readonly SchemaChange[] => {
  const titles = new Map<string, string>();
  for (const { entity, type, version, problem } of brokenEvents(before, after)) {
    const now = after.entities[entity] ?? after.topics?.[entity];
    // Of an entity, a type that is dropped is named already.
    if (after.entities[entity] !== undefined && now?.eventTypes.includes(type) !== true) continue;
    const target = `${entity}.${type}`;
    if (titles.has(target)) continue;
    titles.set(
      target,
      `${entity}: stored events ${type}, version ${version}, may not be readable (${problem.replace(/\.$/, "")})`,
    );
  }
  return [...titles].map(([target, title]) =>
    change(title, [], { named: { option: "change", target } }),
  );
};

const shared = (
  before: SchemaLock,
  after: SchemaLock,
): readonly (readonly [name: string, known: Locked, wanted: Locked])[] =>
  Object.entries({ ...after.entities, ...after.topics }).flatMap(([name, wanted]) => {
    const known = before.entities[name] ?? before.topics?.[name];
    return known === undefined ? [] : [[name, known, wanted] as const];
  });

type Locked = Pick<LockedEntity, "events">;
