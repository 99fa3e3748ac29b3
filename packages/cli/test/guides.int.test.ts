import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AnyEntity } from "@annals/core";
import { annalsPool, createConsumer, migrate } from "@annals/kysely-adapter";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { expect, it } from "vitest";
import { piped } from "./annals.ts";

// What the guides show of the command line is what it writes: their blocks are run on the quick start, in
// their order. `vitest -u` writes the pages anew.

const docs = join(import.meta.dirname, "../../../docs/guides");
const quickStart = join(import.meta.dirname, "../../../examples/quick-start/src/user.ts");

/** A comment that says what has happened meanwhile, or a block of commands. */
const STEP = /<!-- meanwhile: (.+) -->|```console\n([\s\S]*?)```/g;

/** One page's project: a folder, a database, and names for what is different every time. */
class Project {
  readonly folder: string;
  readonly #databaseUrl: string;
  readonly #db: Kysely<unknown>;
  #definitions = 0;

  constructor(folder: string, databaseUrl: string) {
    this.folder = folder;
    this.#databaseUrl = databaseUrl;
    const pool = annalsPool(new pg.Pool({ connectionString: databaseUrl }));
    this.#db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  }

  end(): Promise<void> {
    return this.#db.destroy();
  }

  async run(line: string): Promise<string> {
    const words = (line.replace(/^annals /, "").match(/"[^"]*"|\S+/g) ?? []).map((word) =>
      word.replaceAll('"', ""),
    );
    const config = ["--config", `annals.config.${this.#definitions}.ts`];
    let output = "";
    const read = { stdout: 0, stderr: 0 };
    await piped([...config, ...words], {
      cwd: this.folder,
      databaseUrl: this.#databaseUrl,
      // Both as they come, as a terminal shows them.
      onOutput: (stdout, stderr) => {
        output += stdout.slice(read.stdout) + stderr.slice(read.stderr);
        read.stdout = stdout.length;
        read.stderr = stderr.length;
      },
    });
    return output.replaceAll(`${this.folder}/`, "");
  }

  /** Each definition is a module of its own, since a module is loaded once. */
  async define(change: (text: string) => string): Promise<void> {
    this.#definitions += 1;
    const text = await readFile(join(this.folder, "user.ts"), "utf8");
    await writeFile(join(this.folder, `user.${this.#definitions}.ts`), change(text));
    await writeFile(
      join(this.folder, `annals.config.${this.#definitions}.ts`),
      `import { defineConfig } from "@annals/cli";
import { User } from "./user.${this.#definitions}.ts";
export default defineConfig({ entities: [User] });
`,
    );
  }

  async meanwhile(what: string): Promise<void> {
    if (what === "a project") {
      await this.define((text) => text);
      // Their names are not repeated on each page that would have to change with them.
      await migrate(this.#db);
    } else if (what === "the name becomes a column") {
      await this.define((text) =>
        text.replace("    status: {},\n", "    status: {},\n    name: {},\n"),
      );
    } else if (what === "the status is no column any more") {
      await this.define((text) => text.replace("    status: {},\n", "    name: {},\n"));
    } else if (what === "ada and bob") await this.#register();
    else if (what === "a fault") await sql`update users set status = 'active'`.execute(this.#db);
    else if (what === "a missing index") await sql`drop index users_status_idx`.execute(this.#db);
    else if (what === "the index again") {
      await sql`create index users_status_idx on users (status, id)`.execute(this.#db);
    } else if (what === "an event that cannot be read") await this.#reword("reason", "grounds");
    else if (what === "the event again") await this.#reword("grounds", "reason");
    else if (what === "a consumer that cannot reach somebody") await this.#mail();
    else if (what === "a bad line") {
      const lines = (await readFile(join(this.folder, "users.jsonl"), "utf8")).split("\n");
      const changed = lines[0]
        ?.replace('"UserRegistered"', '"UserEnlisted"')
        .replace(/"id":"./, '"id":"f');
      await writeFile(
        join(this.folder, "users.jsonl"),
        [...lines.slice(0, -1), changed].join("\n"),
      );
    } else throw new Error(`Nobody knows how to do "${what}"`);
  }

  async #mail(): Promise<void> {
    const { User } = (await import(join(this.folder, "user.ts"))) as { User: AnyEntity };
    const newsletter = createConsumer(this.#db, {
      name: "newsletter",
      topics: [User],
      retry: { attempts: 1 },
      on: {
        UserRegistered: async (event) => {
          if ("name" in event && event.name === "Bob") throw new Error("no such mailbox");
        },
      },
    });
    await newsletter.catchUp();
  }

  /** Changes what is stored, past the guards. */
  async #reword(before: string, after: string): Promise<void> {
    await sql`alter table user_events disable trigger user`.execute(this.#db);
    await sql`update user_events
      set event = event - ${before}::text || jsonb_build_object(${after}::text, event -> ${before}::text)
      where event_type = 'UserSuspended'`.execute(this.#db);
    await sql`alter table user_events enable trigger user`.execute(this.#db);
  }

  async #register(): Promise<void> {
    // Through plain SQL, so that times and contexts are what the pages show.
    const write = (
      id: string,
      events: readonly object[],
      row: readonly string[],
      context: string,
    ) =>
      sql`with w as (
        insert into users (id, created_at, version, email, status)
        values (${id}::uuid, '2026-03-01T12:00:00Z', ${events.length}::int, ${row[0]}, ${row[1]})
        returning id
      ) select user_events_insert(array[w.id], ${JSON.stringify(
        events.map((event, at) => ({ id, sequence: at + 1, event })),
      )}::json, ${context}::jsonb, '2026-03-01T12:00:00Z') from w`.execute(this.#db);
    await write(
      "019ca928-9000-7000-8000-00000000ada0",
      [
        { type: "UserRegistered", email: "ada@example.com", name: "Ada" },
        { type: "EmailChanged", email: "countess@example.com" },
        { type: "UserSuspended", reason: "spam" },
      ],
      ["countess@example.com", "suspended"],
      '{"actor": "admin"}',
    );
    await write(
      "019ca928-9000-7000-8000-000000000b0b",
      [{ type: "UserRegistered", email: "bob@example.com", name: "Bob" }],
      ["bob@example.com", "active"],
      "null",
    );
  }
}

it.each(["command-line", "migrations", "verify-and-rebuild"])(
  "docs/guides/%s.md shows real output",
  async (page) => {
    const file = join(docs, `${page}.md`);
    const text = await readFile(file, "utf8");
    // Inside of the package, so that its imports are found.
    const folder = await mkdtemp(join(import.meta.dirname, "guide-"));
    const project = new Project(folder, (await testDatabase()).connectionString);
    try {
      await copyFile(quickStart, join(folder, "user.ts"));
      await mkdir(join(folder, "migrations"));
      const parts: string[] = [];
      let end = 0;
      for (const { 0: whole, 1: what, 2: block = "", index } of text.matchAll(STEP)) {
        parts.push(text.slice(end, index));
        end = index + whole.length;
        if (what !== undefined) {
          await project.meanwhile(what);
          parts.push(whole);
          continue;
        }
        const commands = block.split("\n").filter((line) => line.startsWith("$ "));
        const outputs: string[] = [];
        for (const command of commands) {
          outputs.push(`${command}\n${await project.run(command.slice(2))}`);
        }
        parts.push(`\`\`\`console\n${outputs.join("\n")}\`\`\``);
      }
      await expect([...parts, text.slice(end)].join("")).toMatchFileSnapshot(file);
    } finally {
      await project.end();
      await rm(folder, { recursive: true });
    }
  },
);
