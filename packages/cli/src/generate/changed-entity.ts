import { createObject, quoteName, type SchemaObject } from "@annals/kysely-adapter/schema";
import { CliError } from "../cli-error.ts";
import { changedTable, mentionsNewColumn } from "./changed-table.ts";
import { change, type SchemaChange } from "./schema-change.ts";
import type { LockedEntity, SchemaLock } from "./schema-lock.ts";

type Table = SchemaObject & { readonly kind: "table" };

/** The changes of entities. */
export const entityChanges = (before: SchemaLock, after: SchemaLock): readonly SchemaChange[] => [
  ...Object.entries(before.entities)
    .filter(([name]) => after.entities[name] === undefined)
    .map(([name, entity]) => removedEntity(name, entity)),
  ...Object.entries(after.entities).flatMap(([name, entity]) => {
    const known = before.entities[name];
    return known === undefined ? [addedEntity(name, entity)] : changedEntity(name, known, entity);
  }),
];

const addedEntity = (name: string, { objects }: LockedEntity): SchemaChange =>
  change(`${name}: the entity is added`, objects.map(createObject));

const removedEntity = (name: string, { objects }: LockedEntity): SchemaChange => {
  const tables = objects.filter((object) => object.kind === "table");
  const functions = objects.filter((object) => object.kind === "function");
  return change(
    `${name}: the entity and all of its events are dropped`,
    [
      ...tables.toReversed().map(({ qualified }) => `drop table ${qualified}`),
      ...functions.map(({ signature }) => `drop function ${signature}`),
    ],
    { named: { option: "drop", target: name }, note: "Its events are gone for good." },
  );
};

const changedEntity = (
  name: string,
  before: LockedEntity,
  after: LockedEntity,
): readonly SchemaChange[] => {
  checkSameScope(name, before, after);
  const wanted = new Set(after.eventTypes);
  const removedTypes = before.eventTypes.filter((type) => !wanted.has(type));
  return [
    ...removedTypes.map((type) =>
      change(`${name}: the event ${type} is no longer allowed`, [], {
        named: { option: "drop", target: `${name}.${type}` },
        note: "The migration fails when such an event is stored.",
      }),
    ),
    ...changedObjects(name, before, after),
  ];
};

/** Its columns stand in the events table, whose rows never change. */
const checkSameScope = (name: string, before: LockedEntity, after: LockedEntity): void => {
  const [from, to] = [before, after].map(({ scope = [] }) => scope.join(", ") || "none");
  if (from === to) return;
  throw new CliError(
    `The scope of ${name} changes from ${from} to ${to}, which its stored events cannot`,
    "Define another entity with the new scope, and write to that one from now on.",
  );
};

const changedObjects = (
  name: string,
  before: LockedEntity,
  after: LockedEntity,
): readonly SchemaChange[] => {
  const known = new Map(before.objects.map((object) => [identityOf(object), object]));
  const wanted = new Set(after.objects.map(identityOf));
  // What was created last depends on what was created before it.
  const dropped = before.objects.filter((object) => !wanted.has(identityOf(object))).toReversed();
  return [
    ...dropped.map((object) =>
      object.kind === "table"
        ? droppedSnapshots(name, object)
        : change(`${name}: the ${object.kind} ${object.name} is dropped`, [dropObject(object)]),
    ),
    ...after.objects.flatMap((object) => {
      const from = known.get(identityOf(object));
      if (from === undefined) return [addedObject(name, object, before, after)];
      if (JSON.stringify({ ...from, comment: "" }) === JSON.stringify({ ...object, comment: "" })) {
        return [];
      }
      return object.kind === "table"
        ? changedTable(name, after, from as Table, object)
        : [
            change(`${name}: the ${object.kind} ${object.name} changes`, [
              ...(object.kind === "function" || object.kind === "grant" ? [] : [dropObject(from)]),
              createObject(object).replace(/^create function /m, "create or replace function "),
            ]),
          ];
    }),
  ];
};

/** Only what the snapshots are kept in goes while its entity stays. */
const droppedSnapshots = (name: string, table: Table): SchemaChange =>
  change(`${name}: the snapshots are dropped`, [dropObject(table)], {
    named: { option: "drop", target: `${name}.snapshot` },
    note: "Migrate once no process runs that still reads or writes them.",
  });

const identityOf = ({ kind, name }: SchemaObject): string => `${kind} ${name}`;

/** A unique index over a column without values yet has to wait until it is filled. */
const addedObject = (
  name: string,
  object: SchemaObject,
  before: LockedEntity,
  after: LockedEntity,
): SchemaChange => {
  const title = `${name}: the ${object.kind} ${object.name} is added`;
  const create = [createObject(object)];
  const tableOf = ({ objects, indexTable }: LockedEntity): Table =>
    objects.find(({ kind, name: table }) => kind === "table" && table === indexTable) as Table;
  const waits =
    object.kind === "index" &&
    /^create unique index/.test(object.sql) &&
    mentionsNewColumn(tableOf(before), tableOf(after))(object.sql);
  return waits ? change(title, [], { contract: create, fills: name }) : change(title, create);
};

const dropObject = (object: SchemaObject): string => {
  switch (object.kind) {
    case "table":
      return `drop table ${object.qualified}`;
    case "function":
      return `drop function ${object.signature}`;
    case "grant":
      return object.revoke;
    case "trigger":
      return `drop trigger ${quoteName(object.name)} on ${object.table}`;
    case "row-level security":
      return `alter table ${object.table} disable row level security`;
    case "policy":
      return `drop policy ${quoteName(object.name)} on ${object.table}`;
    case "index":
      // With a dropped column goes its index.
      return `drop index if exists ${schemaOf(object.table)}.${quoteName(object.name)}`;
  }
};

/** The schema of a quoted, qualified name. */
const schemaOf = (qualified: string): string =>
  /^"(?:[^"]|"")+"/.exec(qualified)?.[0] ?? '"public"';
