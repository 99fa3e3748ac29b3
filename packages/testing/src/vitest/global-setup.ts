import type { TestProject } from "vitest/node";
import { startEmbeddedPostgres } from "../postgres/embedded.ts";
import { startPostgres } from "../postgres/start.ts";
import type { RunningPostgres } from "./index.ts";

declare module "vitest" {
  interface ProvidedContext {
    annalsPostgres: RunningPostgres;
  }
}

/** One server for all test files of a run. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const log = (line: string) => project.vitest.logger.log(line);
  const binaries = process.env.POSTGRES_BINARIES;
  const server = binaries
    ? await startEmbeddedPostgres({ binaries })
    : await startPostgres({ log });
  log(`Using ${server.description}`);
  const { connectionString, description, kind, prefix } = server;
  project.provide("annalsPostgres", { connectionString, description, kind, prefix });
  return () => server.stop();
}
