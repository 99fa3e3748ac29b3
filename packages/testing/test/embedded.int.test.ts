import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { chmod, cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  type EmbeddedServer,
  installedBinaries,
  startEmbeddedPostgres,
} from "@annals/testing/postgres";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundledBinaries } from "../src/postgres/binaries.ts";

describe("an embedded server", () => {
  let server: EmbeddedServer;
  beforeAll(async () => {
    server = await startEmbeddedPostgres({ settings: { work_mem: "5MB" } });
  });
  afterAll(() => server?.stop());

  it("says which PostgreSQL it is, without a password", () => {
    const { password, port } = new URL(server.connectionString);
    expect(server.description).toMatch(/^embedded PostgreSQL 18\.\d+ on port \d+$/);
    expect(server.description).toContain(port);
    expect(password).not.toBe("");
    expect(server.description).not.toContain(password);
  });

  it("has room for many connections and prepared transactions, and takes settings", async () => {
    expect(await value(server.connectionString, "show max_connections")).toBe("200");
    expect(await value(server.connectionString, "show max_prepared_transactions")).toBe("20");
    expect(await value(server.connectionString, "show work_mem")).toBe("5MB");
  });

  it("sorts as a language does, so that a missing collation shows", async () => {
    const sorted = "select string_agg(x, '' order by x) from unnest(array['b', 'A', 'a', 'B']) x";
    expect(await value(server.connectionString, sorted)).toBe("aAbB");
  });

  it("refuses a wrong password", async () => {
    const url = new URL(server.connectionString);
    url.password = "wrong";
    await expect(value(url.href, "select 1")).rejects.toThrow(/password authentication failed/);
  });

  it.each(["fast", "immediate"] as const)(
    "keeps what is committed over a restart that is %s",
    async (mode) => {
      const database = await server.createDatabase();
      await run(database.connectionString, "create table t (n int)");
      await run(database.connectionString, "insert into t values (1)");
      const open = new pg.Client({ connectionString: database.connectionString });
      open.on("error", () => {});
      await open.connect();
      await open.query("begin");
      await open.query("insert into t values (2)");
      const started = await value(
        server.connectionString,
        "select pg_postmaster_start_time()::text",
      );

      await server.restart(mode);

      expect(await value(database.connectionString, "select sum(n)::int from t")).toBe(1);
      expect(
        await value(server.connectionString, "select pg_postmaster_start_time()::text"),
      ).not.toBe(started);
      await expect(open.query("commit")).rejects.toThrow();
      await open.end();
      await database.drop();
    },
  );

  it("keeps a prepared transaction over a crash", async () => {
    const database = await server.createDatabase();
    await run(database.connectionString, "create table t (n int)");
    await run(
      database.connectionString,
      "begin; insert into t values (7); prepare transaction 'crash'",
    );
    await server.restart("immediate");
    await run(database.connectionString, "commit prepared 'crash'");
    expect(await value(database.connectionString, "select n from t")).toBe(7);
    await database.drop();
  });
});

describe("what an embedded server leaves behind", () => {
  it("is nothing after stop, which may be called twice", async () => {
    const server = await startEmbeddedPostgres();
    const { pid, data } = await identity(server.connectionString);
    expect(alive(pid)).toBe(true);
    await Promise.all([server.stop(), server.stop()]);
    expect(alive(pid)).toBe(false);
    expect(existsSync(data)).toBe(false);
  });

  it("is nothing when it cannot start", async () => {
    const settings = { shared_buffers: "no size" };
    await expect(startEmbeddedPostgres({ settings })).rejects.toThrow(/shared_buffers/);
  });

  it.each(["SIGINT", "SIGTERM", "SIGKILL"] as const)(
    "is nothing when the program ends by %s",
    async (signal) => {
      const { program, connectionString } = await programWithServer("wait");
      const { pid, data } = await identity(connectionString);
      program.kill(signal);
      await once(program, "exit");
      await expectGone(pid, data);
    },
  );

  it("is nothing when the program is killed while the server is being made", async () => {
    const temporary = await mkdtemp(join(tmpdir(), "annals-killed-"));
    await chmod(temporary, 0o755);
    const program = spawnProgram("wait", { TMPDIR: temporary });
    while ((await readdir(temporary)).length === 0) await sleep(10);
    await sleep(200);
    program.kill("SIGKILL");
    await once(program, "exit");
    await expect.poll(() => readdir(temporary), { timeout: 15_000 }).toEqual([]);
    await rm(temporary, { recursive: true });
  });

  it("is nothing when the program crashes", async () => {
    const { program, connectionString } = await programWithServer("crash");
    const { pid, data } = await identity(connectionString);
    program.stdin?.end();
    const [code] = await once(program, "exit");
    expect(code).toBe(1);
    await expectGone(pid, data);
  });

  it("is nothing when the program ends and forgot to stop it", async () => {
    const { program, connectionString } = await programWithServer("forget");
    const { pid, data } = await identity(connectionString);
    program.stdin?.end();
    const [code] = await once(program, "exit");
    expect(code).toBe(0);
    await expectGone(pid, data);
  });
});

const older = installedBinaries(15);

describe.runIf(older)("an installed server", () => {
  it("runs from its own binaries", async () => {
    const server = await startEmbeddedPostgres(older ? { binaries: older } : {});
    try {
      expect(server.description).toMatch(/^installed PostgreSQL 15\.\d+ on port \d+$/);
      await server.restart("immediate");
      expect(await value(server.connectionString, "select 1 + 1")).toBe(2);
    } finally {
      await server.stop();
    }
  });
});

// Only root has to hand the server to another user, and can read what that user cannot.
describe.runIf(process.getuid?.() === 0)("a server whose binaries lie in a private folder", () => {
  it("runs from a copy of them", async () => {
    const folder = await mkdtemp(join(tmpdir(), "annals-private-"));
    await cp(dirname(await bundledBinaries()), join(folder, "native"), {
      recursive: true,
      verbatimSymlinks: true,
    });
    const server = await startEmbeddedPostgres({ binaries: join(folder, "native/bin") });
    try {
      const { data } = await identity(server.connectionString);
      expect(existsSync(join(dirname(data), "server/bin/postgres"))).toBe(true);
    } finally {
      await server.stop();
      await rm(folder, { recursive: true });
    }
  });
});

it("an installation that is not there is not found", () => {
  expect(installedBinaries(1)).toBeUndefined();
});

type ProgramEnd = "wait" | "crash" | "forget";

function spawnProgram(end: ProgramEnd, env: NodeJS.ProcessEnv = {}): ChildProcess {
  const path = fileURLToPath(new URL("./program-with-server.ts", import.meta.url));
  return spawn(process.execPath, ["--conditions=@annals/source", path, end], {
    stdio: ["pipe", "pipe", "ignore"],
    env: { ...process.env, ...env },
  });
}

async function programWithServer(
  end: ProgramEnd,
): Promise<{ program: ChildProcess; connectionString: string }> {
  const program = spawnProgram(end);
  if (program.stdout === null) throw new Error("no output");
  const [connectionString] = await once(createInterface(program.stdout), "line");
  return { program, connectionString };
}

async function identity(connectionString: string): Promise<{ pid: number; data: string }> {
  const data = await value(connectionString, "show data_directory");
  const lock = await value(connectionString, "select pg_read_file('postmaster.pid')");
  return { pid: Number.parseInt(String(lock), 10), data: String(data) };
}

async function expectGone(pid: number, data: string): Promise<void> {
  const deadline = Date.now() + 15_000;
  while ((alive(pid) || existsSync(data)) && Date.now() < deadline) await sleep(20);
  expect({ process: alive(pid), data: existsSync(data) }).toEqual({ process: false, data: false });
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // An orphan that ended stays in the process table until somebody reaps it.
    if (!existsSync("/proc/self/stat")) return true;
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}

async function run(connectionString: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

async function value(connectionString: string, sql: string): Promise<unknown> {
  const { rows } = await run(connectionString, sql);
  return Object.values(rows[0] as object)[0];
}
