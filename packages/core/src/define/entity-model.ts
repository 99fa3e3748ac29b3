import { type $ZodObject, type $ZodType, safeParse } from "zod/v4/core";
import { InvalidDefinitionError } from "../errors/define-errors.ts";
import { type ChildModel, childModels, parentColumn, parentPlan } from "./child-plans.ts";
import type { ChildDeclaration, ParentDeclaration } from "./children.ts";
import type { ColumnModel } from "./column-model.ts";
import { columnModels, uniquePlans } from "./columns.ts";
import type { CommandView, CreateView } from "./command-view.ts";
import type { IdSource } from "./definition-types.ts";
import type { EntityPlan } from "./entity-plan.ts";
import { type ErasureOptions, type ErasurePlan, erasurePlan } from "./erasure.ts";
import { checkEventNames, checkPayload, refuseUnstorable } from "./event-checks.ts";
import {
  allTypes,
  newestVersion,
  type StoredTypes,
  storedTypes,
  type VersionSource,
} from "./event-versions.ts";
import type { ComputedColumn, FieldColumn } from "./index-options.ts";
import { type LifecycleNames, lifecyclePlan } from "./lifecycle.ts";
import { checkIdentifier, snakeCase } from "./names.ts";
import { type PayloadCodec, payloadCodec } from "./payload-codec.ts";
import { checkedSecurity } from "./scope-columns.ts";
import { type SnapshotOptions, snapshotPlan } from "./snapshot.ts";
import { isUuid } from "./uuid.ts";

/** A definition as it is at run time, where types no longer help. */
export interface UntypedLiteral extends VersionSource {
  readonly table?: string;
  readonly id?: $ZodType<string>;
  readonly idSource?: IdSource;
  readonly schema: $ZodObject;
  readonly create: (input: unknown, view: CreateView) => unknown;
  readonly evolve: Readonly<Record<string, Reducer>>;
  readonly commands: Readonly<Record<string, Command>>;
  readonly historyCommands?: Readonly<Record<string, Command>>;
  readonly snapshot?: SnapshotOptions;
  readonly index: Readonly<Record<string, FieldColumn<unknown>>>;
  readonly computed?: Readonly<Record<string, ComputedColumn<unknown>>>;
  readonly uniqueTogether?: readonly (readonly string[])[];
  readonly lifecycle?: LifecycleNames;
  readonly scope?: readonly string[];
  readonly rowLevelSecurity?: boolean;
  readonly erasure?: ErasureOptions<string, string>;
  readonly guards?: EntityPlan["guards"];
  readonly writerRole?: string;
  readonly context?: boolean;
  readonly parent?: ParentDeclaration;
  readonly children?: Readonly<Record<string, ChildDeclaration>>;
}

export type Reducer = (state: unknown, event: object) => unknown;
export type Command = (view: CommandView<unknown, unknown>, ...args: unknown[]) => unknown;

/** One event type: how its payload is stored and read, and how it changes the state. */
export interface EventModel {
  readonly codec: PayloadCodec;
  /** The version that is written, from 1. */
  readonly version: number;
  /** Whether there is anything in it beside its type. */
  readonly hasPayload: boolean;
  readonly reduce: Reducer;
}

/** The engine behind a definition: what repositories call, free of the user's types. */
export interface EntityModel {
  readonly plan: EntityPlan;
  readonly idSource: IdSource;
  /** Whether its events are stored with the context in which they were written. */
  readonly keepsContext: boolean;
  /** The id in its one spelling, or `undefined` when no entity can have it. */
  readonly parseId: (id: unknown) => string | undefined;
  readonly create: UntypedLiteral["create"];
  /** Those that look into the history included. */
  readonly commands: ReadonlyMap<string, Command>;
  /** The names of commands that look into the history. */
  readonly historyCommands: ReadonlySet<string>;
  readonly events: ReadonlyMap<string, EventModel>;
  readonly storedTypes: StoredTypes;
  readonly state: PayloadCodec;
  /** Those of the scope come first. */
  readonly columns: readonly ColumnModel[];
  /** The kinds of its children. */
  readonly children: readonly ChildModel[];
  /** How personal values are kept; `undefined` where there are none. */
  readonly erasure: ErasurePlan | undefined;
}

const COMMANDS_TAKEN: readonly string[] = [
  ...["id", "state", "version", "history", "pending", "attempt", "isDeleted"],
  ...["then", "toJSON", "constructor"],
];

/** Checks a definition and builds its engine. */
export const buildModel = (literal: UntypedLiteral): EntityModel => {
  checkName(literal);
  checkEvents(literal);
  checkCommands(literal);
  refuseUnstorable(literal.name, "the schema", literal.schema);
  const parent = parentPlan(literal);
  const columns = columnModels(literal, parent && parentColumn(parent));
  const stored = storedTypes(literal);
  const children = childModels(literal, literal.table ?? `${snakeCase(literal.name)}s`);
  const erasure = erasurePlan(literal, stored, "entity");
  const plan = buildPlan(literal, columns, stored, parent, children, erasure !== undefined);
  return Object.freeze({
    plan,
    idSource: literal.idSource ?? "generated",
    keepsContext: literal.context ?? true,
    parseId: idParser(literal.id),
    create: literal.create,
    commands: new Map(Object.entries({ ...literal.commands, ...literal.historyCommands })),
    historyCommands: new Set(Object.keys(literal.historyCommands ?? {})),
    events: new Map(
      Object.entries(literal.events).map(([type, schema]): [string, EventModel] => [
        type,
        {
          codec: payloadCodec(schema),
          version: newestVersion(stored, type),
          hasPayload: hasFields(schema),
          reduce: literal.evolve[type] as Reducer,
        },
      ]),
    ),
    storedTypes: stored,
    state: payloadCodec(literal.schema),
    columns,
    children,
    erasure,
  });
};

const buildPlan = (
  literal: UntypedLiteral,
  columns: readonly ColumnModel[],
  stored: StoredTypes,
  parent: EntityPlan["parent"],
  children: readonly ChildModel[],
  hasPersonal: boolean,
): EntityPlan => {
  const { name } = literal;
  const indexTable = checkIdentifier(name, literal.table ?? `${snakeCase(name)}s`);
  const plans = columns.map(({ plan }) => plan);
  const hasRevision = children.length > 0 && parent === undefined;
  if (hasRevision && plans.some(({ column }) => column === "revision")) {
    throw new InvalidDefinitionError(
      name,
      'an entity with children has a column "revision" of its own',
      "Give the field another name, or leave it out of the index.",
    );
  }
  const uniques = uniquePlans(literal, indexTable, plans);
  const lifecycle = lifecyclePlan(name, literal.lifecycle, literal.events);
  // The longest names that are derived from the index table.
  const suffix = lifecycle === undefined ? "check" : "idx_deleted";
  for (const column of ["created_at", "version", ...plans.map((plan) => plan.column)]) {
    checkIdentifier(name, `${indexTable}_${column}_${suffix}`);
  }
  if (lifecycle !== undefined) {
    for (const { constraint } of uniques) checkIdentifier(name, `${constraint}_deleted`);
  }
  // The longest name that is derived from the events table.
  const eventsTable = `${snakeCase(name)}_events`;
  checkIdentifier(name, `${eventsTable}_event_type_check`);
  const snapshot = snapshotPlan(literal, stored);
  for (const [what, table] of [
    ["events", eventsTable],
    ["snapshots", snapshot?.table],
  ]) {
    if (indexTable !== table) continue;
    throw new InvalidDefinitionError(
      name,
      `its index table has the name of its ${what} table, "${table}"`,
      "Give the index table another name.",
    );
  }
  return Object.freeze({
    kind: "entity",
    name,
    indexTable,
    eventsTable,
    eventTypes: allTypes(literal.events, stored),
    columns: plans,
    scope: literal.scope ?? [],
    rowLevelSecurity: checkedSecurity(literal),
    uniques,
    lifecycle,
    parent,
    children: children.map((child) => ({ name: child.name, plan: child.model.plan })),
    hasRevision,
    snapshot,
    guards: literal.guards ?? "full",
    writerRole: checkedRole(literal),
    hasPersonal,
  });
};

/** PostgreSQL cuts longer names, and keeps these for itself. */
const checkedRole = ({ name, writerRole }: UntypedLiteral): string | undefined => {
  if (writerRole === undefined) return undefined;
  const isReserved = writerRole === "public" || writerRole.startsWith("pg_");
  if (/^.{1,63}$/.test(writerRole) && !isReserved) return writerRole;
  throw new InvalidDefinitionError(
    name,
    `"${writerRole}" cannot be a role of its own`,
    'Name one such as "app_writer".',
  );
};

const idParser = (schema: $ZodType<string> | undefined) => (id: unknown) => {
  if (!isUuid(id)) return undefined;
  const canonical = id.toLowerCase();
  return schema === undefined || safeParse(schema, canonical).success ? canonical : undefined;
};

const checkName = ({ name }: UntypedLiteral): void => {
  if (typeof name === "string" && /^[a-z][A-Za-z0-9]*$/.test(name)) return;
  throw new InvalidDefinitionError(
    String(name),
    "the entity's name is not a plain word",
    'Use letters and digits with a small letter first, in the singular: "orderLine".',
  );
};

const checkEvents = (literal: UntypedLiteral): void => {
  const types = Object.keys(literal.events);
  if (types.length === 0) {
    throw new InvalidDefinitionError(literal.name, "it declares no event", "Declare at least one.");
  }
  checkEventNames(literal.name, types);
  for (const type of types) checkPayload(literal.name, type, literal.events[type] as $ZodObject);
  const missing = types.find((type) => typeof literal.evolve[type] !== "function");
  if (missing !== undefined) {
    throw new InvalidDefinitionError(
      literal.name,
      `evolve has no reducer for the event "${missing}"`,
      "Give every event a reducer; return the state itself where nothing changes.",
    );
  }
  const unknown = Object.keys(literal.evolve).find((type) => !types.includes(type));
  if (unknown !== undefined) {
    throw new InvalidDefinitionError(
      literal.name,
      `evolve has a reducer for "${unknown}", which is no event of this entity`,
      "Declare the event, or correct the reducer's name.",
    );
  }
};

/** Whether an object schema has a field, or takes keys that it does not name. */
const hasFields = ({ _zod: { def } }: $ZodObject): boolean =>
  Object.keys(def.shape).length > 0 ||
  (def.catchall !== undefined && def.catchall._zod.def.type !== "never");

const checkCommands = (literal: UntypedLiteral): void => {
  const { commands, historyCommands = {} } = literal;
  const twice = Object.keys(historyCommands).find((name) => Object.hasOwn(commands, name));
  if (twice !== undefined) {
    throw new InvalidDefinitionError(
      literal.name,
      `the command "${twice}" is in commands and in historyCommands`,
      "Keep it in historyCommands if it looks into the history, in commands if it does not.",
    );
  }
  const names = [...Object.keys(commands), ...Object.keys(historyCommands)];
  const taken = names.find((name) => COMMANDS_TAKEN.includes(name));
  if (taken === undefined) return;
  throw new InvalidDefinitionError(
    literal.name,
    `the command "${taken}" has a name that entities own`,
    "Name the command after what it does to the entity.",
  );
};
