import type { AnyEntity, AsOf, EntityOf } from "@annals/core";
import { sql } from "kysely";
import { readingKeys } from "../config/keys.ts";
import type { AnyDatabase } from "../config/open-database.ts";
import { bodyWithWords, withWords } from "../terminal/personal-words.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { parseAsOf } from "./as-of.ts";
import { type CommandContext, entitiesNamed } from "./command-context.ts";
import { deletedToo, idOf, openRepository } from "./find-entity.ts";
import { newestEvents, type ShownEvent } from "./shown-history.ts";
import { shownChildren, writeChildren } from "./shown-tree.ts";

export interface ShowFlags {
  /** Whether personal values are shown. */
  readonly personal?: boolean;
  readonly asOf?: string;
  /** How many of the newest events are shown. */
  readonly last?: number;
}

/** `annals show user <id>`: state, children, index row and history of one entity. */
export const showCommand = (
  context: CommandContext,
  name: string,
  words: readonly string[],
  { asOf, last = 20, personal = false }: ShowFlags,
): Promise<number> =>
  context.database(async (db, config) => {
    const { terminal } = context;
    const [definition] = entitiesNamed(config, [name]) as [AnyEntity];
    const id = await idOf(db, definition, words, config.keys);
    const repository = openRepository(db, definition, readingKeys(config, { personal }));
    const bound = asOf === undefined ? undefined : parseAsOf(asOf);
    const entity = await repository.findById(id, {
      ...deletedToo,
      history: true,
      asOf: bound,
    });
    const row = bound === undefined ? await indexRow(db, definition, config.schema, id) : undefined;
    const { items: read, hasMore } = await newestEvents(repository, entity, { last, asOf: bound });
    const { version, isDeleted } = entity;
    const children = shownChildren(definition, entity, personal);
    const state = withWords(entity.state, personal) as Record<string, unknown>;
    const items = read.map((one) => ({
      ...one,
      event: withWords(one.event, personal) as typeof one.event,
      context: one.context && bodyWithWords(one.context, personal),
    }));
    terminal.json({ id, version, isDeleted, state, children, row, history: items });
    writeHeading(terminal, definition.name, entity, bound);
    writeFields(terminal, "state", state);
    if (children !== undefined) writeChildren(terminal, children, shown);
    if (row !== undefined) writeFields(terminal, "index row", row);
    writeHistory(terminal, definition.name, items, hasMore);
    return 0;
  });

const indexRow = async (
  db: AnyDatabase,
  { plan }: AnyEntity,
  schema: string,
  id: string,
): Promise<Record<string, unknown> | undefined> => {
  const { rows } = await sql<{ row: Record<string, unknown> }>`select to_json(u) as row
    from ${sql.table(`${schema}.${plan.indexTable}`)} u where u.id = ${id}::uuid`.execute(
    db.withoutPlugins(),
  );
  return rows[0]?.row;
};

const writeHeading = (
  terminal: Terminal,
  name: string,
  { id, version, isDeleted }: EntityOf<AnyEntity>,
  asOf: AsOf | undefined,
): void => {
  const when = asOf === undefined || "version" in asOf ? "" : ` as of ${whenOf(asOf)}`;
  terminal.line(
    `${terminal.style("bold", `${name} ${id}`)} at version ${version}${when}${isDeleted ? ", deleted" : ""}`,
  );
};

const whenOf = (asOf: Exclude<AsOf, { readonly version: number }>): string =>
  asOf instanceof Date ? asOf.toISOString() : `position ${asOf.position}`;

/** Fields and their values, under a title. */
export const writeFields = (
  terminal: Terminal,
  title: string,
  fields: Readonly<Record<string, unknown>>,
): void => {
  terminal.line();
  terminal.line(terminal.style("dim", title));
  const width = Math.max(...Object.keys(fields).map((field) => field.length), 0);
  for (const [field, value] of Object.entries(fields)) {
    terminal.line(`  ${field.padEnd(width)}  ${shown(value)}`);
  }
};

const writeHistory = (
  terminal: Terminal,
  name: string,
  items: readonly ShownEvent[],
  hasMore: boolean,
): void => {
  terminal.line();
  terminal.line(terminal.style("dim", hasMore ? "history, the newest" : "history"));
  for (const { topic = name, entityId, event, sequence, recordedAt, context } of items) {
    const { type, ...payload } = event as { type: string };
    const owner = topic === name ? "" : `${topic} ${entityId}  `;
    const time = terminal.style("dim", recordedAt.toISOString());
    terminal.line(`  ${String(sequence).padStart(4)}  ${time}  ${owner}${type}  ${shown(payload)}`);
    if (context !== null) terminal.line(terminal.style("dim", `        ${shown(context)}`));
  }
};

/** JSON, with what it does not know as text. */
export const shown = (value: unknown): string =>
  value === undefined
    ? "—"
    : JSON.stringify(value, (_, inner: unknown) =>
        typeof inner === "bigint" ? inner.toString() : inner,
      );
