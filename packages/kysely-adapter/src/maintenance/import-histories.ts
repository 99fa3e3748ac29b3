import type { AnyEntity, Instrument, JsonObject, KeyProvider } from "@annals/core";
import { importedHistory, instrumented, model } from "@annals/core/adapter";
import type { Kysely } from "kysely";
import { type HistoryLine, HistoryWriter, type WrittenLine } from "./history-writer.ts";
import { type PersonalReading, personalReading } from "./personal-reading.ts";

export interface ImportOptions {
  /** Who holds the keys of personal values, where a definition has any. */
  readonly keys?: KeyProvider;
  /** Whether everything is checked and nothing written. Default is `false`. */
  readonly dryRun?: boolean;
  /** Whether events may have fields that the definition has not. Default is to refuse them. */
  readonly keepUnknownFields?: boolean;
  /** How many entities are written at once, in one transaction: 1 to 10,000. Default is 500. */
  readonly batchSize?: number;
  /** Watches each batch as one operation of its entity. Default is nobody. */
  readonly instrument?: Instrument;
  /** Stops after the batch in hand. */
  readonly signal?: AbortSignal;
  /** Told after each batch how many lines are done. */
  readonly onProgress?: (progress: { readonly lines: number }) => void;
  /** Told of every line that is refused: its number, from 1, and why, without values. */
  readonly onRefused?: (refused: { readonly line: number; readonly problem: string }) => void;
}

export interface Import {
  /** How many entities were written; with `dryRun`, how many would be. */
  readonly imported: number;
  /** How many were there already, with the same history. */
  readonly present: number;
  readonly refused: number;
  /** Whether it came to the end; `false` after its signal was aborted. The same import goes on from there. */
  readonly finished: boolean;
}

/** A batch of larger lines is written sooner, so that memory stays bounded. */
const BATCH_CHARACTERS = 4_000_000;

const LINE_KEYS: ReadonlySet<string> = new Set(["entity", "id", "version", "events"]);

/**
 * Takes in histories as `exportHistories` gives them, one JSON line for each entity: every event is checked
 * against its definition, the whole is folded, and the index row computed. Events keep their times and
 * contexts, and get new positions. What is there already is passed over, so an import that was stopped is
 * begun again; what is refused keeps nothing else out.
 *
 * @throws DatabaseError when the database cannot be reached or is not as the definitions say; the batches
 * before it are kept.
 */
export const importHistories = async <DB>(
  db: Kysely<DB>,
  definitions: readonly AnyEntity[],
  lines: AsyncIterable<string> | Iterable<string>,
  options: ImportOptions = {},
): Promise<Import> => {
  const { dryRun = false, keepUnknownFields = false, batchSize = 500 } = options;
  const { instrument, signal } = options;
  const known = new Map(definitions.map((definition) => [definition.name, definition]));
  const readings = new Map(
    definitions
      .filter((definition) => definition[model].erasure !== undefined)
      .map((one) => [one.name, personalReading(db, one, options.keys)]),
  );
  const writers = new Map<AnyEntity, BatchWriter>();
  const result = { imported: 0, present: 0, refused: 0 };
  let number = 0;
  let batch = emptyBatch(undefined);

  const count = (line: WrittenLine): void => {
    result[line.kind] += 1;
    if (line.kind === "refused") options.onRefused?.({ line: line.number, problem: line.problem });
  };
  const flush = async (next: AnyEntity | undefined): Promise<void> => {
    const { definition, members } = batch;
    batch = emptyBatch(next);
    if (definition !== undefined && members.size > 0) {
      const write = writers.get(definition) ?? batchWriter(db, definition, { dryRun, instrument });
      writers.set(definition, write);
      const written = await write([...members.values()]);
      for (const line of written.toSorted((one, other) => one.number - other.number)) count(line);
    }
    options.onProgress?.({ lines: number });
  };

  for await (const text of lines) {
    if (signal?.aborted) break;
    number += 1;
    if (text.trim() === "") continue;
    const read = await readLine(text, number, known, keepUnknownFields, readings);
    if (read.kind === "refused") {
      count(read);
      continue;
    }
    const { definition, line } = read;
    if (batch.definition !== definition || batch.members.has(line.id)) await flush(definition);
    batch.members.set(line.id, line);
    batch.characters += text.length;
    const isFull = batch.members.size >= batchSize || batch.characters >= BATCH_CHARACTERS;
    if (isFull) await flush(definition);
  }
  await flush(undefined);
  return { ...result, finished: signal?.aborted !== true };
};

type BatchWriter = (lines: readonly HistoryLine[]) => Promise<readonly WrittenLine[]>;

/** Writes each batch of an entity's histories as one operation. */
const batchWriter = <DB>(
  db: Kysely<DB>,
  definition: AnyEntity,
  { dryRun, instrument }: { readonly dryRun: boolean; readonly instrument: Instrument | undefined },
): BatchWriter => {
  const writer = new HistoryWriter(db, definition);
  const { name: entity, plan } = definition;
  const write = {
    importHistories: async (lines: readonly HistoryLine[]) => {
      const written = await writer.write(lines, dryRun);
      if (!dryRun) instrument?.writes(eventsOf(lines, written));
      return written;
    },
  };
  return instrumented({ entity, table: plan.indexTable }, instrument, write).importHistories;
};

/** How many events were stored of those lines. */
const eventsOf = (lines: readonly HistoryLine[], written: readonly WrittenLine[]): number => {
  const imported = new Set(
    written.filter(({ kind }) => kind === "imported").map(({ number }) => number),
  );
  return lines.reduce((sum, { number, version }) => sum + (imported.has(number) ? version : 0), 0);
};

const emptyBatch = (definition: AnyEntity | undefined) => ({
  definition,
  members: new Map<string, HistoryLine>(),
  characters: 0,
});

type ReadLine =
  | { readonly kind: "fits"; readonly definition: AnyEntity; readonly line: HistoryLine }
  | { readonly kind: "refused"; readonly number: number; readonly problem: string };

const readLine = async (
  text: string,
  number: number,
  known: ReadonlyMap<string, AnyEntity>,
  keepUnknownFields: boolean,
  readings: ReadonlyMap<string, PersonalReading>,
): Promise<ReadLine> => {
  const refused = (problem: string): ReadLine => ({ kind: "refused", number, problem });
  const given = parsed(text);
  if (given === undefined) return refused("it is no JSON object");
  const definition = known.get(String(given.entity));
  if (definition === undefined) return refused("its entity is none of the definitions'");
  if (Object.keys(given).some((key) => !LINE_KEYS.has(key))) {
    return refused("it has something beside entity, id, version and events");
  }
  const reading = readings.get(definition.name);
  const opened = reading === undefined ? given : await withOpenEvents(given, reading);
  const history = importedHistory(definition[model], opened, { keepUnknownFields });
  if (history.kind === "refused") return refused(history.problem);
  const [columns = history.columns] = (await reading?.hash([history.columns])) ?? [];
  return { kind: "fits", definition, line: { ...history, columns, number, text } };
};

/** What is checked and folded is open; what is written is the line as it came. */
const withOpenEvents = async (
  given: Record<string, unknown>,
  { open }: PersonalReading,
): Promise<Record<string, unknown>> => {
  const { id, events } = given;
  if (typeof id !== "string" || !Array.isArray(events)) return given;
  const bodies = events.map((one: { readonly event?: unknown } | null) => one?.event);
  if (bodies.some((body) => typeof body !== "object" || body === null)) return given;
  const stored = { id, version: bodies.length, events: bodies as readonly JsonObject[] };
  const [opened] = await open([stored]);
  return { ...given, events: events.map((one, at) => ({ ...one, event: opened?.events[at] })) };
};

const parsed = (text: string): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
};
