import { localKeys, newLocalKey } from "@annals/core";
import { startPostgres } from "@annals/testing/postgres";
import { connect, migrate } from "./database.ts";
import { runDemo } from "./demo.ts";

const server = await startPostgres({ log: console.error });
try {
  const { connectionString } = await server.createDatabase();
  const db = connect(connectionString);
  try {
    await migrate(db);
    // In production the key is a secret, or stays with a service that manages keys.
    const keys = localKeys({ current: "demo", keys: { demo: newLocalKey() } });
    await runDemo(db, keys, console.log);
  } finally {
    await db.destroy();
  }
} finally {
  await server.stop();
}
