import type { AnyEntity } from "../define/entity-definition.ts";
import type { EntityModel } from "../define/entity-model.ts";
import { DELETED_AT } from "../define/lifecycle.ts";
import { InvalidArgumentError } from "../errors/read-errors.ts";
import type { ListPosition, ListQuery } from "../port/rows.ts";
import { type Cursor, decodeCursor, encodeCursor } from "../read/cursor.ts";
import { cutPage, pageSize } from "./cut-page.ts";
import type { ListOptions, Page } from "./list-type.ts";
import type { BoundScope } from "./scope.ts";
import { predicateOf } from "./where.ts";

/** An item of a list with its place in the order. */
export interface Placed<Item> {
  readonly item: Item;
  readonly position: ListPosition;
}

type Order = Pick<Cursor, "orderBy" | "direction" | "scope">;

/** Checks a list's options, fetches one row more than the page has, and cuts the page. */
export const listPage = async <Item>(
  model: EntityModel,
  scope: BoundScope | undefined,
  options: ListOptions<AnyEntity>,
  fetch: (query: ListQuery) => Promise<readonly Placed<Item>[]>,
): Promise<Page<Item>> => {
  const order = {
    orderBy: checkOrder(model, options.orderBy),
    direction: checkDirection(model, options.direction),
    scope: scope?.mark,
  };
  const cut = pageSize(model.plan.name, options);
  const after = checkCursor(model, "after", options.after, order);
  const before = checkCursor(model, "before", options.before, order);
  const where = predicateOf(model, options.where ?? {});
  const { take, size } = cut;
  const { orderBy, direction } = order;
  const rows = await fetch({ where, orderBy, direction, after, before, take, limit: size + 1 });
  const bounds = { after: after !== undefined, before: before !== undefined };
  return cutPage(rows, cut, bounds, {
    item: ({ item }) => item,
    cursor: ({ position }) => encodeCursor({ ...order, position }),
  });
};

/** Walks a list page by page, each from where the one before it ended. */
export async function* walkPages<Item>(
  after: string | undefined,
  list: (after: string | undefined) => Promise<Page<Item>>,
): AsyncGenerator<Page<Item>, void, undefined> {
  let cursor = after;
  for (;;) {
    const current = await list(cursor);
    if (current.items.length > 0) yield current;
    if (!current.hasNextPage) return;
    cursor = current.endCursor;
  }
}

const checkOrder = (model: EntityModel, orderBy: string = "createdAt"): string => {
  const columns = model.plan.columns.filter(({ sortable }) => sortable);
  const deleted = model.plan.lifecycle === undefined ? [] : [DELETED_AT.property];
  const allowed = ["id", "createdAt", ...deleted, ...columns.map(({ property }) => property)];
  if (allowed.includes(orderBy)) return orderBy;
  throw invalid(model, `it cannot be ordered by "${orderBy}"`, `Use ${allowed.join(", ")}.`);
};

export const checkDirection = (model: EntityModel, direction: string = "asc"): "asc" | "desc" => {
  if (direction === "asc" || direction === "desc") return direction;
  throw invalid(model, "direction is neither asc nor desc", 'Use "asc" or "desc".');
};

const checkCursor = (
  model: EntityModel,
  option: "after" | "before",
  text: string | undefined,
  { orderBy, direction, scope }: Order,
): ListPosition | undefined => {
  if (text === undefined) return undefined;
  const cursor = decodeCursor(text);
  if (cursor === undefined || model.parseId(cursor.position.id) === undefined) {
    throw invalid(model, `${option} is not a cursor`, "Pass the cursor of a page.");
  }
  if (cursor.scope !== scope) {
    throw invalid(
      model,
      `${option} is a cursor of another scope`,
      "Begin the list of this scope without it.",
    );
  }
  if (cursor.orderBy === orderBy && cursor.direction === direction) return cursor.position;
  throw invalid(
    model,
    `the cursor belongs to a list ordered by ${cursor.orderBy} ${cursor.direction}`,
    "Go on with the order that the cursor came from, or start again without it.",
  );
};

const invalid = (model: EntityModel, problem: string, hint: string): InvalidArgumentError =>
  new InvalidArgumentError(model.plan.name, problem, hint);
