import { startDockerPostgres } from "./docker.ts";
import { dockerAnswers } from "./docker-engine.ts";
import { startEmbeddedPostgres } from "./embedded.ts";
import { givenPostgres } from "./given.ts";
import type { PostgresServer } from "./server.ts";

export interface StartOptions {
  /** Server settings, such as `{ fsync: "on" }`. A server given by `DATABASE_URL` keeps its own. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Told why one PostgreSQL is passed over for the next. */
  readonly log?: (line: string) => void;
}

/** The PostgreSQL of `DATABASE_URL`, or one in Docker, or one from the registry's binaries. */
export async function startPostgres(options: StartOptions = {}): Promise<PostgresServer> {
  const given = process.env.DATABASE_URL;
  if (given) return await givenPostgres(given);

  if (await dockerAnswers()) {
    try {
      return await startDockerPostgres(options);
    } catch (error) {
      // An engine without network cannot pull the image; the embedded server needs neither.
      const reason = error instanceof Error ? error.message : String(error);
      options.log?.(`Docker did not start PostgreSQL (${reason}); using the embedded one`);
    }
  }
  return await startEmbeddedPostgres(options);
}
