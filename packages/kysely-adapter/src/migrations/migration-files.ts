import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { InvalidArgumentError } from "@annals/core";

/** One file of SQL, to be applied once. */
export interface MigrationFile {
  /** The file's name without `.sql`. Names sort in the order in which they are applied. */
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
  /**
   * Whether it runs in a transaction together with the record of it: unless its first line says
   * `-- annals: no transaction`, as for one CREATE INDEX CONCURRENTLY.
   */
  readonly inTransaction: boolean;
}

const NO_TRANSACTION = /^--\s*annals:\s*no transaction\s*$/im;

/**
 * Reads a folder's `.sql` files in the order of their names. Line ends do not count in the checksum.
 *
 * @throws InvalidArgumentError when the folder cannot be read.
 */
export const readMigrationFiles = async (folder: string): Promise<readonly MigrationFile[]> => {
  const names = await readdir(folder).catch((cause: Error) => {
    const error = new InvalidArgumentError(
      "migrate",
      `the migrations folder "${folder}" cannot be read`,
      "Create it, or pass the right one.",
    );
    error.cause = cause;
    throw error;
  });
  const files = names.filter((name) => name.endsWith(".sql")).sort();
  return Promise.all(
    files.map(async (file) =>
      migrationFile(file.replace(/\.sql$/, ""), await readFile(join(folder, file), "utf8")),
    ),
  );
};

export const migrationFile = (name: string, text: string): MigrationFile => {
  const sql = text.replaceAll("\r\n", "\n");
  const [firstLine = ""] = sql.split("\n");
  return {
    name,
    sql,
    checksum: createHash("sha256").update(sql).digest("hex"),
    inTransaction: !NO_TRANSACTION.test(firstLine),
  };
};
