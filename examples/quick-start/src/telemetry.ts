import { createConsumer, createRepository } from "@annals/kysely-adapter";
import { openTelemetry } from "@annals/kysely-adapter/opentelemetry";
import type { openDatabase } from "./database.ts";
import { User } from "./user.ts";

// #region telemetry
/** Made once; an SDK that is registered with @opentelemetry/api, before or later, gets what it sees. */
const instrument = openTelemetry({
  namespace: "shop|public", // the database and the schema
  attributes: { "server.address": "db.shop.example", "server.port": 5432 },
});

export const openUsers = (db: ReturnType<typeof openDatabase>) =>
  createRepository(User, { db, instrument });

export const openWelcome = (
  db: ReturnType<typeof openDatabase>,
  welcome: (email: string) => Promise<void>,
) =>
  createConsumer(db, {
    name: "welcome",
    topics: [User],
    instrument,
    on: { UserRegistered: ({ email }) => welcome(email) },
  });
// #endregion
