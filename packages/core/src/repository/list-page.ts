import type { ColumnModel } from "../define/columns.ts";
import type { AnyEntity } from "../define/entity-definition.ts";
import type { EntityModel } from "../define/entity-model.ts";
import { type JsonValue, NotJsonError } from "../define/json-value.ts";
import { InvalidArgumentError } from "../errors/read-errors.ts";
import type { ListPosition, ListQuery } from "../port/rows.ts";
import { decodeCursor, encodeCursor } from "../read/cursor.ts";
import type { ListOptions, Page } from "./repository-type.ts";

const FIRST_DEFAULT = 50;
const FIRST_MAX = 1000;

/** An item of a list with its place in the order. */
export interface Placed<Item> {
  readonly item: Item;
  readonly position: ListPosition;
}

/** Checks a list's options, fetches one row more than the page has, and cuts the page. */
export const listPage = async <Item>(
  model: EntityModel,
  options: ListOptions<AnyEntity>,
  fetch: (query: ListQuery) => Promise<readonly Placed<Item>[]>,
): Promise<Page<Item>> => {
  const first = checkFirst(model, options.first);
  const orderBy = checkOrder(model, options.orderBy);
  const direction = checkDirection(model, options.direction);
  const rows = await fetch({
    where: storedWhere(model, options.where ?? {}),
    orderBy,
    direction,
    after: checkCursor(model, options.after, orderBy, direction),
    limit: first + 1,
  });
  const page = rows.slice(0, first);
  const last = page.at(-1);
  return {
    items: page.map(({ item }) => item),
    hasNextPage: rows.length > first,
    endCursor: last && encodeCursor({ orderBy, direction, position: last.position }),
  };
};

const checkFirst = (model: EntityModel, first: number = FIRST_DEFAULT): number => {
  if (Number.isInteger(first) && first >= 1 && first <= FIRST_MAX) return first;
  throw invalid(model, `first is not a whole number from 1 to ${FIRST_MAX}`, "Ask for fewer rows.");
};

const checkOrder = (model: EntityModel, orderBy: string = "createdAt"): string => {
  const columns = model.plan.columns.filter(({ sortable }) => sortable);
  const allowed = ["id", "createdAt", ...columns.map(({ property }) => property)];
  if (allowed.includes(orderBy)) return orderBy;
  throw invalid(model, `it cannot be ordered by "${orderBy}"`, `Use ${allowed.join(", ")}.`);
};

const checkDirection = (model: EntityModel, direction: string = "asc"): "asc" | "desc" => {
  if (direction === "asc" || direction === "desc") return direction;
  throw invalid(model, "direction is neither asc nor desc", 'Use "asc" or "desc".');
};

const checkCursor = (
  model: EntityModel,
  after: string | undefined,
  orderBy: string,
  direction: "asc" | "desc",
): ListPosition | undefined => {
  if (after === undefined) return undefined;
  const cursor = decodeCursor(after);
  if (cursor === undefined || model.parseId(cursor.position.id) === undefined) {
    throw invalid(model, "after is not a cursor", "Pass the endCursor of the page before.");
  }
  if (cursor.orderBy === orderBy && cursor.direction === direction) return cursor.position;
  throw invalid(
    model,
    `the cursor belongs to a list ordered by ${cursor.orderBy} ${cursor.direction}`,
    "Go on with the order that the cursor came from, or start again without it.",
  );
};

const storedWhere = (
  model: EntityModel,
  where: Readonly<Record<string, unknown>>,
): ReadonlyMap<string, JsonValue> => {
  const stored = new Map<string, JsonValue>();
  for (const [property, value] of Object.entries(where)) {
    const column = model.columns.find(({ plan }) => plan.property === property);
    if (column === undefined) {
      const names = model.columns.map(({ plan }) => plan.property).join(", ");
      throw invalid(model, `"${property}" is no index column`, `Use ${names}.`);
    }
    if (value !== undefined) stored.set(property, comparedValue(model, column, value));
  }
  return stored;
};

const comparedValue = (model: EntityModel, column: ColumnModel, value: unknown): JsonValue => {
  try {
    return column.toStored(value);
  } catch (error) {
    if (!(error instanceof NotJsonError)) throw error;
    const { property } = column.plan;
    throw invalid(model, `"${property}" ${error.message}`, "No entity can have such a value.");
  }
};

const invalid = (model: EntityModel, problem: string, hint: string): InvalidArgumentError =>
  new InvalidArgumentError(model.plan.name, problem, hint);
