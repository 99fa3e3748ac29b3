import type { Consumer, KeyProvider } from "@annals/core";
import { createConsumer } from "@annals/kysely-adapter";
import { type Kysely, sql } from "kysely";
import type { Database } from "./database.ts";
import { Invoice } from "./invoice.ts";

/** Adds payments up by tenant and month, each exactly once: the sum commits with the checkpoint. */
export const revenueConsumer = (db: Kysely<Database>, keys: KeyProvider): Consumer =>
  createConsumer(db, {
    name: "revenue",
    topics: [Invoice],
    keys,
    on: {
      InvoicePaid: async ({ totalCents, currency }, { tx, scope, recordedAt }) => {
        const month = recordedAt.toISOString().slice(0, 7);
        await tx
          .insertInto("revenue")
          .values({ tenant_id: scope.tenantId, month, currency, cents: totalCents })
          .onConflict((on) =>
            on
              .columns(["tenant_id", "month", "currency"])
              .doUpdateSet({ cents: sql`revenue.cents + excluded.cents` }),
          )
          .execute();
      },
    },
  });
