import type { SchemaDifference } from "@annals/core";
import type { Transaction } from "kysely";
import type { Database } from "../connection/database.ts";
import {
  type GuardFunction,
  type GuardOpening,
  guardOpenings,
  guardSettings,
  type StrangeTable,
  strangeTables,
} from "../statements/guard-openings.ts";
import { frameworkMigrationStatements } from "../tables/framework-migrations.generated.ts";

interface Settings {
  readonly role: string;
  readonly isOneByOne: boolean;
  readonly isLogGuarded: boolean | null;
  readonly functions: readonly GuardFunction[];
}

/** What opens the guards of every entity at once, or lets others than the owner past them. */
export const openGuards = async <DB>(
  database: Database<DB>,
  tx: Transaction<DB>,
  eventsTables: readonly string[],
): Promise<readonly SchemaDifference[]> => {
  const operation = ["annals", "check"] as const;
  const settings = await database.run<Settings>(guardSettings, [], tx, operation);
  const values = [database.schema, eventsTables];
  const openings = await database.run<GuardOpening>(guardOpenings, values, tx, operation);
  const strange = await database.run<StrangeTable>(strangeTables, values, tx, operation);
  return [
    ...settings.rows.flatMap(turnedOff),
    ...openings.rows.map(opened),
    ...strange.rows.map(strangeTable),
  ];
};

const turnedOff = (settings: Settings): readonly SchemaDifference[] => {
  const found: SchemaDifference[] = [];
  const report = (object: string, problem: string, remedy: string): void => {
    found.push({ entity: "annals", object, problem, remedy });
  };
  if (settings.role === "replica") {
    report(
      "setting session_replication_role",
      "It is replica, so that no trigger fires.",
      "Set it to origin for the role, the database and the session.",
    );
  }
  if (!settings.isOneByOne) {
    report(
      "sequence annals.position",
      "It caches values or starts again, so that consumers could lose events.",
      "ALTER SEQUENCE annals.position CACHE 1 NO CYCLE.",
    );
  }
  if (settings.isLogGuarded !== true) {
    report(
      "trigger annals.erasures.erasures_immutable",
      "It is disabled or missing, so that the log of erasures can be changed.",
      "ALTER TABLE annals.erasures ENABLE TRIGGER erasures_immutable.",
    );
  }
  const bodies = new Map(settings.functions.map(({ name, body }) => [name, body]));
  for (const name of GUARD_FUNCTIONS) {
    if (bodies.get(name)?.trim() === migratedBody(name)) continue;
    report(
      `function annals.${name}`,
      "It is not the one that the migrations create, so that it may let changes of events through.",
      "Create it again as the framework's migrations do.",
    );
  }
  return found;
};

const GUARD_FUNCTIONS = ["refuse_change", "allow_erasure", "erase_event"] as const;

/** The body that the last migration gives a function. */
const migratedBody = (name: string): string | undefined => {
  const creates = new RegExp(`^create (?:or replace )?function annals\\.${name}\\(`, "m");
  const statement = Object.values(frameworkMigrationStatements)
    .flat()
    .findLast((text) => creates.test(text));
  return statement?.split("$$")[1]?.trim();
};

const opened = ({ object, privilege, role }: GuardOpening): SchemaDifference => ({
  entity: "annals",
  object,
  problem: `${role} has ${privilege} on it, which opens a guard of events.`,
  remedy: `REVOKE ${privilege} ON ${object.replace(/^table /, "")} FROM ${role}.`,
});

const strangeTable = ({ object, kind, name, owner }: StrangeTable): SchemaDifference => {
  const table = object.replace(/^table /, "");
  return kind === "owner"
    ? {
        entity: "annals",
        object,
        problem: `${name} owns it, not ${owner} as the rest, and can turn its guards off.`,
        remedy: `ALTER TABLE ${table} OWNER TO ${owner}, and let one role run all migrations.`,
      }
    : {
        entity: "annals",
        object,
        problem: `${name} inherits from it, so that events are read from there which no guard has seen.`,
        remedy: `ALTER TABLE ${name} NO INHERIT ${table}.`,
      };
};
