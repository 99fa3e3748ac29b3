import type { DatabaseOf } from "@annals/core";
import { annalsPool, entityMigration, frameworkMigrations } from "@annals/kysely-adapter";
import { Kysely, PostgresDialect } from "kysely";
import { Migrator } from "kysely/migration";
import pg from "pg";
import { Customer } from "./customer.ts";
import { Invoice, InvoiceLine } from "./invoice.ts";
import { Subscription } from "./subscription.ts";

/** In the order in which their tables refer to each other. */
export const definitions = [Customer, Subscription, Invoice, InvoiceLine] as const;

export type Database = DatabaseOf<typeof definitions> & {
  /** What the consumer of payments adds up. */
  readonly revenue: {
    readonly tenant_id: string;
    readonly month: string;
    readonly currency: string;
    readonly cents: number;
  };
};

export const connect = (connectionString: string): Kysely<Database> => {
  const pool = annalsPool(new pg.Pool({ connectionString }));
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
};

/** Creates the framework's tables and our own; what is there already is left as it is. */
export const migrate = async (db: Kysely<Database>): Promise<void> => {
  const migrations = {
    ...frameworkMigrations,
    billing_0001_customers: entityMigration(Customer),
    billing_0002_subscriptions: entityMigration(Subscription),
    billing_0003_invoices: entityMigration(Invoice),
    billing_0004_invoice_lines: entityMigration(InvoiceLine),
    billing_0005_revenue: { up: createRevenue },
  };
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
};

const createRevenue = (db: Kysely<Database>): Promise<void> =>
  db.schema
    .createTable("revenue")
    .addColumn("tenant_id", "text", (column) => column.notNull())
    .addColumn("month", "text", (column) => column.notNull())
    .addColumn("currency", "text", (column) => column.notNull())
    .addColumn("cents", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("revenue_pkey", ["tenant_id", "month", "currency"])
    .execute();
