import { type Statement, statement } from "../connection/statement.ts";

/**
 * Begins what an append writes of an inline projection: the locks that its first writes would take anyway, on
 * all tables at once and in one order, so that nobody who is about to replace them has one and waits for
 * another that a writer has. Parameters: none, but the quoted names are part of the text.
 * Locks: the tables, as any INSERT does, to the transaction's end.
 */
export const lockForAppend = (projection: string, tables: readonly string[]): Statement =>
  statement(`lock_${projection}`, `lock table ${tables.join(", ")} in row exclusive mode`);
