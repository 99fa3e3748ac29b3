export { installedBinaries } from "./binaries.ts";
export type { Database } from "./databases.ts";
export { type EmbeddedOptions, type EmbeddedServer, startEmbeddedPostgres } from "./embedded.ts";
export type { PostgresServer } from "./server.ts";
export { type StartOptions, startPostgres } from "./start.ts";
