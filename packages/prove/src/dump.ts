import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { EmbeddedServer } from "@annals/testing/postgres";
import pg from "pg";
import { startServer } from "./server.ts";

const run = promisify(execFile);

export type DumpTool =
  | { readonly kind: "found"; readonly folder: string; readonly version: string }
  | { readonly kind: "missing"; readonly because: string };

/** A `pg_dump` that is at least as new as the server; the bundled server comes without one. */
export const dumpTool = async (connectionString: string): Promise<DumpTool> => {
  const major = await serverMajor(connectionString);
  for (const folder of candidates()) {
    const version = await versionIn(folder);
    if (version !== undefined && Number.parseInt(version, 10) >= major) {
      return { kind: "found", folder, version: `pg_dump ${version}` };
    }
  }
  return {
    kind: "missing",
    because: `no pg_dump of PostgreSQL ${major} or newer is installed`,
  };
};

const candidates = (): readonly string[] => {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian) : [];
  const onPath = (process.env.PATH ?? "").split(":");
  return [
    process.env.POSTGRES_BINARIES ?? "",
    ...versions.map((version) => join(debian, version, "bin")),
    ...onPath,
  ].filter((folder) => existsSync(join(folder, "pg_dump")));
};

const versionIn = async (folder: string): Promise<string | undefined> => {
  const { stdout } = await run(join(folder, "pg_dump"), ["--version"]).catch(() => ({
    stdout: "",
  }));
  return /(\d+(\.\d+)*)/.exec(stdout)?.[1];
};

const serverMajor = async (connectionString: string): Promise<number> => {
  const client = new pg.Client({ connectionString });
  await client.connect();
  const { rows } = await client.query<{ server_version: string }>("show server_version");
  await client.end();
  return Number.parseInt(rows[0]?.server_version ?? "", 10);
};

/** Restores a dump of the database on a server of its own, whose transaction ids begin anew. */
export const dumpInto = async (
  { folder }: Extract<DumpTool, { kind: "found" }>,
  connectionString: string,
): Promise<{ readonly server: EmbeddedServer; readonly connectionString: string }> => {
  const home = await mkdtemp(join(tmpdir(), "annals-dump-"));
  const server = await startServer();
  try {
    const file = join(home, "dump");
    const dump = ["--format=custom", `--file=${file}`, `--dbname=${connectionString}`];
    await run(join(folder, "pg_dump"), dump);
    // Roles belong to a server, not to a database, and privileges in the dump name them.
    const roles = join(home, "roles.sql");
    const rolesOnly = ["--roles-only", "--no-role-passwords", `--file=${roles}`];
    await run(join(folder, "pg_dumpall"), [...rolesOnly, `--dbname=${connectionString}`]);
    await run(join(folder, "psql"), ["--quiet", `--file=${roles}`, server.connectionString]);
    const database = await server.createDatabase();
    const restore = ["--exit-on-error", `--dbname=${database.connectionString}`, file];
    await run(join(folder, "pg_restore"), restore);
    return { server, connectionString: database.connectionString };
  } catch (error) {
    await server.stop();
    throw error;
  } finally {
    await rm(home, { recursive: true, force: true });
  }
};
