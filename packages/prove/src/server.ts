import { type EmbeddedServer, startEmbeddedPostgres } from "@annals/testing/postgres";

/** A server that may be crashed: the bundled one, or the one in the folder that `POSTGRES_BINARIES` names. */
export const startServer = (): Promise<EmbeddedServer> => {
  const binaries = process.env.POSTGRES_BINARIES;
  return startEmbeddedPostgres({
    ...(binaries && { binaries }),
    // Writers that meet on two streams are told soon.
    settings: { deadlock_timeout: "50ms" },
  });
};
