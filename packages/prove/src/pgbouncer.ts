import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface PgBouncer {
  readonly version: string;
  readonly connectionString: string;
  stop(): Promise<void>;
}

/** Where it is: `PGBOUNCER`, or on the path. */
const program = (): string => process.env.PGBOUNCER || "pgbouncer";

const versionOf = (): string | undefined => {
  try {
    const text = execFileSync(program(), ["--version"], { encoding: "utf8", stdio: "pipe" });
    return text.split("\n")[0]?.trim();
  } catch {
    return undefined;
  }
};

/** Why there is no pooler to try; `undefined` when there is one. */
export const whyNoPgBouncer = (): string | undefined =>
  versionOf() === undefined
    ? "PgBouncer is not installed (`apt-get install pgbouncer`, or name its program in PGBOUNCER)"
    : undefined;

/** Pools few connections to one database, by transaction. */
export const startPgBouncer = async (connectionString: string): Promise<PgBouncer> => {
  const target = new URL(connectionString);
  const home = await mkdtemp(join(tmpdir(), "annals-pgbouncer-"));
  const port = await freePort();
  const database = target.pathname.slice(1);
  const configuration = `[databases]
${database} = host=${target.hostname} port=${target.port} user=${target.username} password=${decodeURIComponent(target.password)}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 10
max_client_conn = 200
ignore_startup_parameters = extra_float_digits
logfile = ${join(home, "pgbouncer.log")}
`;
  await writeFile(join(home, "pgbouncer.ini"), configuration, { mode: 0o644 });
  // It refuses to run as root, and gives its rights up to a user who has to write here.
  await chmod(home, 0o777);
  const asUser = process.getuid?.() === 0 ? ["--user=nobody"] : [];
  const child = spawn(program(), ["--quiet", ...asUser, join(home, "pgbouncer.ini")], {
    cwd: home,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complaint += String(chunk);
  });
  await listening(child, port, () => complaint);
  const here = new URL(connectionString);
  here.hostname = "127.0.0.1";
  here.port = String(port);
  return {
    version: versionOf() ?? "PgBouncer",
    connectionString: here.href,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        const exit = once(child, "exit");
        child.kill("SIGQUIT");
        await exit;
      }
      await rm(home, { recursive: true, force: true });
    },
  };
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("No port was given");
  return address.port;
};

const listening = async (
  child: ChildProcess,
  port: number,
  complaint: () => string,
): Promise<void> => {
  for (const until = Date.now() + 10_000; Date.now() < until; await sleep(20)) {
    if (child.exitCode !== null) break;
    const socket = connect(port, "127.0.0.1");
    const isOpen = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
  }
  child.kill("SIGKILL");
  throw new Error(`PgBouncer did not start: ${complaint()}`);
};
