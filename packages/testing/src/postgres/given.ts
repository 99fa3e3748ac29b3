import { Databases, serverVersion } from "./databases.ts";
import type { PostgresServer } from "./server.ts";

/** Somebody's own server: it gets databases under a unique prefix, and loses them at the end. */
export async function givenPostgres(connectionString: string): Promise<PostgresServer> {
  const databases = new Databases(connectionString);
  const version = await serverVersion(connectionString);
  return {
    kind: "url",
    connectionString,
    description: `PostgreSQL ${version} at ${address(connectionString)}, from DATABASE_URL`,
    prefix: databases.prefix,
    createDatabase: (template) => databases.create(template),
    stop: () => databases.dropAll(),
  };
}

function address(connectionString: string): string {
  const url = new URL(connectionString);
  const host = decodeURIComponent(url.hostname) || url.searchParams.get("host") || "localhost";
  return `${host}:${url.port || url.searchParams.get("port") || "5432"}`;
}
