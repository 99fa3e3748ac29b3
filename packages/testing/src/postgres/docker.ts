import { Databases, serverVersion } from "./databases.ts";
import type { PostgresServer } from "./server.ts";
import { disposable } from "./settings.ts";

const image = "postgres:18";

export interface DockerOptions {
  readonly settings?: Readonly<Record<string, string>>;
}

/** A server in a container, which testcontainers removes even when this process is killed. */
export async function startDockerPostgres(options: DockerOptions = {}): Promise<PostgresServer> {
  const { PostgreSqlContainer } = await import("@testcontainers/postgresql");
  const settings = Object.entries({ ...disposable, ...options.settings });
  const container = await new PostgreSqlContainer(image)
    .withCommand(["postgres", ...settings.flatMap(([name, value]) => ["-c", `${name}=${value}`])])
    .start();
  const connectionString = container.getConnectionUri();
  const databases = new Databases(connectionString);
  const version = await serverVersion(connectionString);
  return {
    kind: "docker",
    connectionString,
    description: `PostgreSQL ${version} in Docker on port ${container.getPort()}`,
    prefix: databases.prefix,
    createDatabase: (template) => databases.create(template),
    stop: async () => {
      await container.stop();
    },
  };
}
