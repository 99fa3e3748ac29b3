import type { History } from "../decide/history.ts";
import type { EntityModel } from "../define/entity-model.ts";
import { EntityNotFoundError, InvalidArgumentError } from "../errors/read-errors.ts";
import type { HistoryEvent, PastBound } from "../port/rows.ts";
import type { EntityStore } from "../port/store.ts";
import { decodeEvent, isUpcast } from "../read/decode-event.ts";
import { hydratePast } from "../read/hydrate.ts";
import type { UntypedReadOptions } from "./call-options.ts";
import { cutPageOf, pageSize } from "./cut-page.ts";
import type { AsOf, HistoryOptions, RecordedEvent } from "./history-type.ts";
import { checkDirection } from "./list-page.ts";
import type { Page } from "./list-type.ts";

/** Above every sequence: PostgreSQL's highest integer. */
const SEQUENCE_MAX = 2 ** 31 - 1;

/** The calls that read what happened to one entity, free of the user's types. */
export class PastReads<Tx> {
  readonly #model: EntityModel;
  readonly #store: EntityStore<Tx>;
  readonly #toEntity: (history: History) => object;

  constructor(model: EntityModel, store: EntityStore<Tx>, toEntity: (history: History) => object) {
    this.#model = model;
    this.#store = store;
    this.#toEntity = toEntity;
  }

  readonly history = async (
    id: unknown,
    options: HistoryOptions & UntypedReadOptions<Tx> = {},
  ): Promise<Page<RecordedEvent<object>>> => {
    const direction = checkDirection(this.#model, options.direction);
    const cut = pageSize(this.#model.plan.name, options);
    const after = this.#sequence("after", options.after);
    const before = this.#sequence("before", options.before);
    const [above = 0, below = SEQUENCE_MAX] =
      direction === "asc" ? [after, before] : [before, after];
    const isForward = cut.take === "first";
    const read = (direction === "asc") === isForward ? "asc" : "desc";
    const known = this.#model.parseId(id);
    const query = { above, below, direction: read, limit: cut.size + 1 } as const;
    const found = known && (await this.#store.history(known, query, options.tx, options));
    if (!found) throw this.#notFound(id);
    const bounds = { after: after !== undefined, before: before !== undefined };
    return cutPageOf(isForward ? found : found.toReversed(), cut, bounds, {
      items: (event) => this.#recorded(known, event, direction),
      cursor: ({ sequence }) => String(sequence),
    });
  };

  /** The entity as it was, which cannot be written; `undefined` before its first event. */
  async maybeFindPast(
    id: unknown,
    asOf: AsOf,
    options: UntypedReadOptions<Tx>,
  ): Promise<object | undefined> {
    const bound = this.#bound(asOf);
    const known = this.#model.parseId(id);
    const past = known && (await this.#store.loadPast(known, bound, options.tx, options));
    if (!past) return undefined;
    if (bound.kind === "version" && bound.version > past.version) {
      const problem = `asOf is version ${bound.version}, but the entity is at version ${past.version}`;
      throw this.#invalid(problem, "Ask for a version that it has had.");
    }
    const { events } = past;
    if (events.length === 0) return undefined;
    const version = bound.kind === "version" ? bound.version : events.length;
    const history = hydratePast(this.#model, { id: past.id, version, events })?.markPast();
    if (history === undefined) return undefined;
    if (history.isDeleted && options.includeDeleted !== true) return undefined;
    return this.#toEntity(history);
  }

  /** What a stored event became, in the order of the page. */
  #recorded(
    id: string,
    { body, sequence, position, recordedAt, context }: HistoryEvent,
    direction: "asc" | "desc",
  ): readonly RecordedEvent<object>[] {
    const decoded = decodeEvent(this.#model, id, sequence, body);
    const list = isUpcast(decoded) ? decoded : [decoded];
    const recorded = list.map((event, at) => {
      const [part, parts] = [at + 1, list.length];
      return { event, sequence, position, part, parts, recordedAt, context };
    });
    return direction === "asc" ? recorded : recorded.toReversed();
  }

  #sequence(option: "after" | "before", given: number | string | undefined): number | undefined {
    if (given === undefined) return undefined;
    const sequence = typeof given === "string" ? sequenceOf(given) : given;
    if (Number.isInteger(sequence) && sequence >= 0 && sequence <= SEQUENCE_MAX) return sequence;
    const problem = `${option} is neither a sequence nor the cursor of a history`;
    throw this.#invalid(
      problem,
      "Pass a whole number from 0, or the cursor of a page of history().",
    );
  }

  #bound(asOf: AsOf): PastBound {
    if (asOf instanceof Date && isStorable(asOf)) return { kind: "time", at: asOf };
    const { version } = (asOf ?? {}) as { readonly version?: unknown };
    if (Number.isInteger(version) && Number(version) >= 1 && Number(version) <= SEQUENCE_MAX) {
      return { kind: "version", version: Number(version) };
    }
    const problem = "asOf is neither a date before the year 10000 nor a version from 1";
    throw this.#invalid(problem, "Pass a Date, or { version: 3 }.");
  }

  #notFound(id: unknown): EntityNotFoundError {
    const entity = this.#model.plan.name;
    return new EntityNotFoundError({ entity, columns: ["id"], values: [id] });
  }

  #invalid(problem: string, hint: string): InvalidArgumentError {
    return new InvalidArgumentError(this.#model.plan.name, problem, hint);
  }
}

const sequenceOf = (cursor: string): number => (/^\d+$/.test(cursor) ? Number(cursor) : Number.NaN);

/** A date that every store spells alike; an invalid one has no year at all. */
const isStorable = (date: Date): boolean =>
  date.getUTCFullYear() >= 1 && date.getUTCFullYear() <= 9999;
