import { type Statement, statement, unprepared } from "../connection/statement.ts";

const PREPARED_QUERIES_MAX = 100;

/**
 * Every combination of conditions and orders, and every query of a user's own, is a text of its own. The
 * first ones are prepared; the others are not, since each would be kept on every connection for good.
 */
export class Queries {
  readonly #prepared = new Map<string, Statement>();

  statement(label: string, sql: string): Statement {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    if (this.#prepared.size >= PREPARED_QUERIES_MAX) return unprepared(label, sql);
    const made = statement(label, sql);
    this.#prepared.set(sql, made);
    return made;
  }
}
