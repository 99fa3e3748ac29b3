import { type CreateView, defineEntity } from "@annals/core";
import { annalsPool, createRepository, entityMigration } from "@annals/kysely-adapter";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import * as z from "zod";
import type { BenchmarkDatabase } from "../database.ts";
import type { Variant } from "../measure/interleave.ts";
import type { BenchmarkCase, CaseSource } from "./benchmark-case.ts";

/** What the policies bind; the owner of the tables, whom all others are, is not bound by them. */
const ROLE = "annals_benchmark_tenant";

const TENANT = "01890a5d-ac96-774b-bcce-00000000000a";

const literal = {
  schema: z.object({ tenantId: z.uuid(), code: z.string(), title: z.string() }),
  events: {
    Opened: z.object({ tenantId: z.uuid(), code: z.string(), title: z.string() }),
    Renamed: z.object({ title: z.string() }),
  },
  evolve: {
    Opened: (_: undefined, { tenantId, code, title }: Opened) => ({ tenantId, code, title }),
    Renamed: (state: Opened, { title }: { title: string }) => ({ ...state, title }),
  },
  commands: { rename: (_: unknown, title: string) => ({ type: "Renamed" as const, title }) },
  index: { code: { unique: true } },
} as const;

interface Opened {
  tenantId: string;
  code: string;
  title: string;
}

const opened = (code: string) => ({ type: "Opened" as const, tenantId: TENANT, code, title: code });

const defineShared = (name: string) =>
  defineEntity({ ...literal, name, create: (code: string) => opened(code) });

const defineScoped = (name: string, rowLevelSecurity: boolean) =>
  defineEntity({
    ...literal,
    name,
    scope: ["tenantId"],
    ...(rowLevelSecurity && { rowLevelSecurity, writerRole: ROLE }),
    create: (code: string, _: CreateView<{ tenantId: string }>) => opened(code),
  });

/** As the role that the policies bind, with the settings sent ahead. */
const asTenant = ({ pool, connections }: BenchmarkDatabase): Kysely<unknown> => {
  const { connectionString } = pool.options;
  const bound = new pg.Pool({
    ...(connectionString !== undefined && { connectionString }),
    max: connections,
    options: `-c role=${ROLE}`,
    allowExitOnIdle: true,
  });
  return new Kysely<unknown>({ dialect: new PostgresDialect({ pool: annalsPool(bound) }) });
};

let codes = 0;

const newCode = (): string => {
  codes += 1;
  return `code-${codes}`;
};

/** The same entity without a scope, in one, and in one that the database keeps apart as well. */
const repositories = async (database: BenchmarkDatabase, prefix: string) => {
  const { db } = database;
  const [Shared, Scoped, Secured] = [
    defineShared(`${prefix}shared`),
    defineScoped(`${prefix}scoped`, false),
    defineScoped(`${prefix}secured`, true),
  ];
  for (const definition of [Shared, Scoped, Secured]) await entityMigration(definition).up(db);
  const scope = { tenantId: TENANT };
  return [
    { name: "annals, no scope", items: createRepository(Shared, { db }) },
    { name: "annals, scoped", items: createRepository(Scoped, { db }).scoped(scope) },
    {
      name: "annals, row-level security",
      items: createRepository(Secured, { db: asTenant(database) }).scoped(scope),
    },
  ] as const;
};

type Items = Awaited<ReturnType<typeof repositories>>[number]["items"];

const compared = async (
  database: BenchmarkDatabase,
  prefix: string,
  runOf: (items: Items) => Promise<() => Promise<unknown>>,
): Promise<Omit<BenchmarkCase, "name">> => {
  const variants: Variant[] = [];
  for (const { name, items } of await repositories(database, prefix)) {
    variants.push({ name, run: await runOf(items) });
  }
  return { floor: variants[0] as Variant, variants };
};

/** Creates an entity of a tenant. */
const createTenant: CaseSource = {
  name: "create-tenant",
  unit: "entities",
  prepare: (database) =>
    compared(database, "opening", async (items) => () => items.create(newCode())),
};

/** Finds an entity of a tenant by a unique value. */
const findTenant: CaseSource = {
  name: "find-tenant",
  unit: "entities",
  prepare: (database, { readers }) =>
    compared(database, "standing", async (items) => {
      const all = Array.from({ length: Math.min(readers, 500) }, newCode);
      await items.createAll(all);
      let at = 0;
      return () => {
        at = (at + 1) % all.length;
        return items.findByCode(all[at] as string);
      };
    }),
};

/** What dividing entities into scopes costs, and policies of the database on top. */
export const tenantCases: readonly CaseSource[] = [createTenant, findTenant];
