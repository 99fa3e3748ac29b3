import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chown, cp, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundledBinaries } from "./binaries.ts";
import { Cluster, type ShutdownMode } from "./cluster.ts";
import { Databases, serverVersion } from "./databases.ts";
import { type OsUser, unprivilegedUser } from "./os-user.ts";
import type { PostgresServer } from "./server.ts";
import { disposable } from "./settings.ts";

export interface EmbeddedOptions {
  readonly settings?: Readonly<Record<string, string>>;
  /** The folder of another PostgreSQL's binaries; see `installedBinaries`. */
  readonly binaries?: string;
}

export interface EmbeddedServer extends PostgresServer {
  readonly kind: "embedded";
  /** Stops the server and starts it on the same data and port; "immediate" is a crash. */
  restart(mode: ShutdownMode): Promise<void>;
}

/** A real server from binaries, on a free port, with its data in the temporary folder. */
export async function startEmbeddedPostgres(
  options: EmbeddedOptions = {},
): Promise<EmbeddedServer> {
  const home = await mkdtemp(join(tmpdir(), "annals-postgres-"));
  const watchdog = watch(home);
  let cluster: Cluster | undefined;
  let removal: Promise<void> | undefined;
  const remove = async () => {
    await cluster?.stop("fast");
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
    await watchdog.dismiss();
  };

  try {
    const user = unprivilegedUser();
    if (user !== undefined) await chown(home, user.uid, user.gid);
    const given = options.binaries ?? (await bundledBinaries());
    const binaries = await reachable(given, home, user);
    const password = randomBytes(12).toString("hex");
    const running = new Cluster({ binaries, home, password, user });
    cluster = running;
    await running.initialise();

    const settings = {
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      ...disposable,
      ...options.settings,
    };
    const port = await startOnFreePort(running, settings);
    const connectionString = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
    const databases = new Databases(connectionString);
    const version = await serverVersion(connectionString);
    const origin = options.binaries === undefined ? "embedded" : "installed";
    return {
      kind: "embedded",
      connectionString,
      description: `${origin} PostgreSQL ${version} on port ${port}`,
      prefix: databases.prefix,
      createDatabase: (template) => databases.create(template),
      restart: async (mode) => {
        await running.stop(mode);
        await running.start({ ...settings, port: String(port) });
      },
      stop: () => {
        removal ??= remove();
        return removal;
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** A free port may be taken before the server gets to it, so more than one is tried. */
async function startOnFreePort(
  cluster: Cluster,
  settings: Readonly<Record<string, string>>,
): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    try {
      await cluster.start({ ...settings, port: String(port) });
      return port;
    } catch (error) {
      const taken = error instanceof Error && error.message.includes("could not bind");
      if (!taken || attempt === 5) throw error;
    }
  }
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  listener.close();
  if (address === null || typeof address === "string") throw new Error("No port was given");
  return address.port;
}

/** A checkout below a private home folder hides the binaries from any other user: copy them. */
async function reachable(
  binaries: string,
  home: string,
  user: OsUser | undefined,
): Promise<string> {
  const trial = spawnSync(join(binaries, "postgres"), ["--version"], { cwd: home, ...user });
  if (trial.error === undefined || user === undefined) return binaries;
  const copy = join(home, "server");
  await cp(dirname(binaries), copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, basename(binaries));
}

function watch(home: string): { dismiss(): Promise<void> } {
  const program = fileURLToPath(new URL(`./watchdog${extname(import.meta.url)}`, import.meta.url));
  const child = spawn(process.execPath, [program, home], {
    cwd: tmpdir(),
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  child.unref();
  return {
    async dismiss() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.ref();
      const exit = once(child, "exit");
      child.kill("SIGKILL");
      await exit;
    },
  };
}
