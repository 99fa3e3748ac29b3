import { createHash, randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

export interface Database {
  readonly connectionString: string;
  readonly name: string;
  /** Drops the database, closing what is still connected to it. */
  drop(): Promise<void>;
}

/** Fills an empty database. It must close its connections: an open one forbids cloning. */
export type Migrate = (connectionString: string) => Promise<unknown>;

/**
 * The databases of one test run on one server. They share a prefix, so that several processes can
 * create them and one can drop them all, on a server that holds somebody else's as well.
 */
export class Databases {
  readonly prefix: string;
  readonly #maintenance: string;

  constructor(maintenance: string, prefix: string = `annals_test_${randomName()}`) {
    this.#maintenance = maintenance;
    this.prefix = prefix;
  }

  async create(template?: string): Promise<Database> {
    const name = `${this.prefix}_${randomName()}`;
    await this.#run((client) => createDatabase(client, name, template));
    return this.#database(name);
  }

  /** The name of the template for this key, migrated once however many workers ask at a time. */
  async template(key: string, migrate: Migrate): Promise<string> {
    const name = `${this.prefix}_t_${createHash("sha256").update(key).digest("hex").slice(0, 16)}`;
    await this.#run(async (client) => {
      // Held by this session until it ends, so that a crashed worker holds up nobody.
      await client.query("select pg_advisory_lock(hashtextextended($1, 0))", [name]);
      const found = await client.query("select from pg_database where datname = $1", [name]);
      if (found.rowCount === 0) await this.#migrated(client, name, migrate);
    });
    return name;
  }

  async dropAll(): Promise<void> {
    await this.#run(async (client) => {
      const { rows } = await client.query<{ datname: string }>(
        "select datname from pg_database where starts_with(datname, $1)",
        [`${this.prefix}_`],
      );
      for (const { datname } of rows) await dropDatabase(client, datname);
    });
  }

  async #migrated(client: pg.Client, name: string, migrate: Migrate): Promise<void> {
    // The final name appears last: a migration that failed half-way is never taken for a template.
    const draft = `${name}_draft`;
    await dropDatabase(client, draft);
    await createDatabase(client, draft);
    await migrate(withDatabase(this.#maintenance, draft));
    await whileInUse(() => client.query(`alter database ${quote(draft)} rename to ${quote(name)}`));
  }

  #database(name: string): Database {
    return {
      name,
      connectionString: withDatabase(this.#maintenance, name),
      drop: () => this.#run((client) => dropDatabase(client, name)),
    };
  }

  async #run<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: this.#maintenance });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }
}

/** The server's own name for its version: "18.4", without the packager's addition. */
export async function serverVersion(connectionString: string): Promise<string> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const { rows } = await client.query<{ server_version: string }>("show server_version");
    return rows[0]?.server_version.split(" ")[0] ?? "unknown";
  } finally {
    await client.end();
  }
}

async function createDatabase(client: pg.Client, name: string, template?: string): Promise<void> {
  const source = template === undefined ? "" : ` template ${quote(template)}`;
  await whileInUse(() => client.query(`create database ${quote(name)}${source}`));
}

async function dropDatabase(client: pg.Client, name: string): Promise<void> {
  await client.query(`drop database if exists ${quote(name)} with (force)`);
}

const objectInUse = "55006";

/** A backend outlives its closed connection by some milliseconds, and a template has to be idle. */
async function whileInUse(statement: () => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    try {
      await statement();
      return;
    } catch (error) {
      const inUse = error instanceof pg.DatabaseError && error.code === objectInUse;
      if (!inUse || Date.now() > deadline) throw error;
      await sleep(20);
    }
  }
}

function withDatabase(connectionString: string, name: string): string {
  const url = new URL(connectionString);
  url.pathname = `/${name}`;
  return url.href;
}

function quote(identifier: string): string {
  return pg.escapeIdentifier(identifier);
}

function randomName(): string {
  return randomBytes(5).toString("hex");
}
