import { AnnalsError, type AnyEntity } from "@annals/core";
import { canonicalText, type ImportedHistory } from "@annals/core/adapter";
import type { Kysely } from "kysely";
import { Database } from "../connection/database.ts";
import { databaseError } from "../connection/database-error.ts";
import { isRefusedValue, SQLSTATE, sqlstateOf } from "../connection/sqlstate.ts";
import type { Statement } from "../connection/statement.ts";
import { transaction } from "../connection/transaction.ts";
import { type EntityTables, entityTableNames } from "../statements/entity-table-names.ts";
import { type ExportedRow, exportThese } from "../statements/export-histories.ts";
import { importEvents, importIndexRows } from "../statements/import-histories.ts";
import { writeFailure } from "../store/violations.ts";

/** A history that fits the definition, with the line that it came in. */
export type HistoryLine = Extract<ImportedHistory, { kind: "fits" }> & {
  readonly number: number;
  readonly text: string;
};

/** What became of one line. */
export type WrittenLine = { readonly number: number } & (
  | { readonly kind: "imported" | "present" }
  | { readonly kind: "refused"; readonly problem: string }
);

/** Writes histories of one definition, as they are, under the same constraints and guards as everybody. */
export class HistoryWriter<DB> {
  readonly #database: Database<DB>;
  readonly #tables: EntityTables;
  readonly #present: Statement;
  readonly #rows: Statement;
  readonly #events: Statement;

  constructor(db: Kysely<DB>, { plan }: AnyEntity) {
    this.#database = new Database(db);
    this.#tables = entityTableNames(plan, this.#database.schema);
    this.#present = exportThese(this.#tables);
    this.#rows = importIndexRows(this.#tables);
    this.#events = importEvents(this.#tables);
  }

  /** Writes what is not there yet. No id occurs twice among the lines. */
  async write(lines: readonly HistoryLine[], dryRun: boolean): Promise<readonly WrittenLine[]> {
    const present = await this.#presentAmong(lines);
    const known = lines.flatMap((line) => comparedWith(line, present.get(line.id)) ?? []);
    const fresh = lines.filter(({ id }) => !present.has(id));
    if (dryRun)
      return [...known, ...fresh.map(({ number }) => ({ number, kind: "imported" as const }))];
    return [...known, ...(await this.#writeAll(fresh))];
  }

  async #presentAmong(lines: readonly HistoryLine[]): Promise<ReadonlyMap<string, string>> {
    const ids = lines.map(({ id }) => id);
    try {
      const { rows } = await this.#database.run<ExportedRow>(
        this.#present,
        [ids],
        "none",
        this.#call,
      );
      return new Map(rows.map(({ id, line }) => [id, line]));
    } catch (error) {
      throw databaseError(`importing ${this.#tables.plan.name}`, error);
    }
  }

  get #call(): readonly [string, string] {
    return [this.#tables.plan.name, "import"];
  }

  /** What the database refuses is found by halves, so that it keeps nothing else out. */
  async #writeAll(lines: readonly HistoryLine[]): Promise<readonly WrittenLine[]> {
    if (lines.length === 0) return [];
    try {
      return await this.#writeTogether(lines);
    } catch (error) {
      const { name } = this.#tables.plan;
      if (!isAboutData(error)) throw databaseError(`importing ${name}`, error);
      const [line] = lines;
      if (lines.length === 1 && line !== undefined) {
        return [{ number: line.number, kind: "refused", problem: this.#problemOf(error) }];
      }
      const half = Math.ceil(lines.length / 2);
      const first = await this.#writeAll(lines.slice(0, half));
      return [...first, ...(await this.#writeAll(lines.slice(half)))];
    }
  }

  async #writeTogether(lines: readonly HistoryLine[]): Promise<readonly WrittenLine[]> {
    const { db } = this.#database;
    const rows = this.#indexRows(lines);
    // As they were exported, so that no number in them goes through another representation.
    const histories = `[${lines.map(({ text }) => text).join(",")}]`;
    const written = await transaction(db, async (tx) => {
      const run = <Row>(text: Statement, parameters: readonly unknown[]) =>
        this.#database.run<Row>(text, parameters, tx, this.#call);
      const ids = (await run<{ id: string }>(this.#rows, [rows])).rows.map(({ id }) => id);
      await run(this.#events, [histories, ids]);
      return new Set(ids);
    });
    return lines.map(({ number, id }) =>
      written.has(id)
        ? { number, kind: "imported" }
        : { number, kind: "refused", problem: "its id was taken while it was imported" },
    );
  }

  #indexRows(lines: readonly HistoryLine[]): string {
    const { columns } = this.#tables.plan;
    return JSON.stringify(
      lines.map((line) => ({
        id: line.id,
        version: line.version,
        $createdAt: line.createdAt,
        $deletedAt: line.deletedAt,
        ...Object.fromEntries(columns.map(({ column }, at) => [column, line.columns[at]])),
      })),
    );
  }

  /** Why the database refused it, as a sentence without values. */
  #problemOf(error: unknown): string {
    const { plan } = this.#tables;
    const failure = writeFailure(plan, error);
    if (failure instanceof AnnalsError) return failure.message;
    if (failure.kind !== "duplicate") return "its id was taken while it was imported";
    const unique = plan.uniques.find(({ constraint }) => constraint === failure.constraint);
    return `another entity has its ${unique?.properties.join(" and ") ?? failure.constraint}`;
  }
}

const isAboutData = (error: unknown): boolean =>
  isRefusedValue(error) || sqlstateOf(error) === SQLSTATE.brokenHistory;

/** What there is to say of a line whose entity is there already. */
const comparedWith = (
  { number, text }: HistoryLine,
  present: string | undefined,
): WrittenLine | undefined => {
  if (present === undefined) return undefined;
  if (text === present) return { number, kind: "present" };
  const [given, stored] = [JSON.parse(text), JSON.parse(present)];
  if (canonicalText(given) === canonicalText(stored)) return { number, kind: "present" };
  const problem = `it is there already with another history, at version ${stored.version}`;
  return { number, kind: "refused", problem };
};
