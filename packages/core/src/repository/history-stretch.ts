import type { EntityModel } from "../define/entity-model.ts";
import { InvalidArgumentError } from "../errors/read-errors.ts";
import type { HistoryQuery } from "../port/rows.ts";
import { cutPageOf, type PageSize, pageSize } from "./cut-page.ts";
import type { HistoryOptions } from "./history-type.ts";
import { checkDirection } from "./list-page.ts";
import type { Page } from "./list-type.ts";

/** What orders the events of a history: the number that stands for a place in it. */
export interface HistoryOrder {
  /** What a place is called in messages. */
  readonly place: "sequence" | "position";
  /** Above every place. */
  readonly max: number;
}

/** By sequence, for one entity; PostgreSQL's highest integer is above all of them. */
export const BY_SEQUENCE: HistoryOrder = { place: "sequence", max: 2 ** 31 - 1 };

/** By position, for entities together. */
export const BY_POSITION: HistoryOrder = { place: "position", max: Number.MAX_SAFE_INTEGER };

/** The stretch of a history that a page's options ask for. */
export class HistoryStretch {
  readonly query: HistoryQuery;
  readonly direction: "asc" | "desc";
  readonly #order: HistoryOrder;
  readonly #cut: PageSize;
  readonly #bounds: { readonly after: boolean; readonly before: boolean };

  /** @throws InvalidArgumentError */
  constructor(model: EntityModel, order: HistoryOrder, options: HistoryOptions) {
    this.direction = checkDirection(model, options.direction);
    this.#order = order;
    this.#cut = pageSize(model.plan.name, options);
    const after = placeOf(model, order, "after", options.after);
    const before = placeOf(model, order, "before", options.before);
    this.#bounds = { after: after !== undefined, before: before !== undefined };
    const [above = 0, below = order.max] =
      this.direction === "asc" ? [after, before] : [before, after];
    const isForward = this.#cut.take === "first";
    const direction = (this.direction === "asc") === isForward ? "asc" : "desc";
    this.query = { above, below, direction, limit: this.#cut.size + 1 };
  }

  /** Cuts the page from what the query yields. */
  page<Row extends { readonly sequence: number; readonly position: number }, Item>(
    found: readonly Row[],
    items: (row: Row) => readonly Item[],
  ): Page<Item> {
    const rows = this.#cut.take === "first" ? found : found.toReversed();
    const cursor = (row: Row): string => String(row[this.#order.place]);
    return cutPageOf(rows, this.#cut, this.#bounds, { items, cursor });
  }
}

const placeOf = (
  { plan }: EntityModel,
  { place, max }: HistoryOrder,
  option: "after" | "before",
  given: number | string | undefined,
): number | undefined => {
  if (given === undefined) return undefined;
  const number = typeof given === "string" ? numberOf(given) : given;
  if (Number.isInteger(number) && number >= 0 && number <= max) return number;
  throw new InvalidArgumentError(
    plan.name,
    `${option} is neither a ${place} nor the cursor of a history`,
    "Pass a whole number from 0, or the cursor of a page of the same history.",
  );
};

const numberOf = (cursor: string): number => (/^\d+$/.test(cursor) ? Number(cursor) : Number.NaN);
