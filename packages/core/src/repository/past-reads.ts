import type { History } from "../decide/history.ts";
import type { EntityModel } from "../define/entity-model.ts";
import { InvalidArgumentError, notFoundById } from "../errors/read-errors.ts";
import type { PastBound } from "../port/rows.ts";
import type { EntityStore } from "../port/store.ts";
import { hydratePast } from "../read/hydrate.ts";
import type { UntypedReadOptions } from "./call-options.ts";
import { BY_SEQUENCE, HistoryStretch } from "./history-stretch.ts";
import type { AsOf, HistoryOptions, RecordedEvent } from "./history-type.ts";
import type { Page } from "./list-type.ts";
import { recordedEvents } from "./recorded-events.ts";
import { visibilityOf } from "./seen-children.ts";

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
    const stretch = new HistoryStretch(this.#model, BY_SEQUENCE, options);
    const known = this.#model.parseId(id);
    const found = known && (await this.#store.history(known, stretch.query, options.tx, options));
    if (!found) throw notFoundById(this.#model.plan.name, id);
    return stretch.page(found, (event) =>
      recordedEvents(this.#model, known, event, stretch.direction),
    );
  };

  /** The entity as it was, which cannot be written; `undefined` before its first event. */
  async maybeFindPast(
    id: unknown,
    asOf: AsOf,
    options: UntypedReadOptions<Tx>,
  ): Promise<object | undefined> {
    const bound = this.#bound(asOf);
    const seen = visibilityOf(this.#model, options);
    if (seen.childrenWhere !== undefined) {
      const problem = "children of the past were asked for by their columns";
      throw this.#invalid(problem, "Columns hold what is true now; choose among all of them.");
    }
    const known = this.#model.parseId(id);
    const past = known && (await this.#store.loadPast(known, bound, options.tx, seen));
    if (!past) return undefined;
    if (bound.kind === "version" && bound.version > past.version) {
      const problem = `asOf is version ${bound.version}, but the entity is at version ${past.version}`;
      throw this.#invalid(problem, "Ask for a version that it has had.");
    }
    const { events, children } = past;
    if (events.length === 0) return undefined;
    const version = bound.kind === "version" ? bound.version : events.length;
    const stored = { id: past.id, version, events, children };
    const history = hydratePast(this.#model, stored)?.markPast();
    if (history === undefined) return undefined;
    if (history.isDeleted && options.includeDeleted !== true) return undefined;
    return this.#toEntity(history);
  }

  #bound(asOf: AsOf): PastBound {
    if (asOf instanceof Date && isStorable(asOf)) return { kind: "time", at: asOf };
    const { version, position } = (asOf ?? {}) as Readonly<Record<string, unknown>>;
    if (Number.isSafeInteger(position) && Number(position) >= 0 && version === undefined) {
      return { kind: "position", position: Number(position) };
    }
    if (Number.isInteger(version) && Number(version) >= 1 && Number(version) <= BY_SEQUENCE.max) {
      return { kind: "version", version: Number(version) };
    }
    const problem =
      "asOf is neither a date before the year 10000, nor a version from 1, nor a position";
    throw this.#invalid(problem, "Pass a Date, { version: 3 }, or the { position } of an event.");
  }

  #invalid(problem: string, hint: string): InvalidArgumentError {
    return new InvalidArgumentError(this.#model.plan.name, problem, hint);
  }
}

/** A date that every store spells alike; an invalid one has no year at all. */
const isStorable = (date: Date): boolean =>
  date.getUTCFullYear() >= 1 && date.getUTCFullYear() <= 9999;
