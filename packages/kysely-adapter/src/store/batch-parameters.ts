import type { BatchWrite, EntityPlan, EntityWrite } from "@annals/core/adapter";
import type { BatchRow } from "../statements/batch-parts.ts";
import { type ParkedColumn, standInsKey } from "../statements/park-values.ts";
import { canMakeRoom, parkedColumn, standIns } from "./stand-ins.ts";
import type { Parked } from "./value-moves.ts";

/** The parameters of a batch's statement; `order` says which member is written first, second, … */
export const batchParameters = (
  plan: EntityPlan,
  writes: readonly EntityWrite[],
  bound: string,
  order: readonly number[],
): readonly unknown[] => {
  const places: number[] = [];
  for (const [place, at] of order.entries()) places[at] = place;
  const rows = writes.map((write, at) => batchRow(plan, write, at, places[at] ?? at));
  const events = writes.flatMap(({ id, expectedVersion, events: list }) =>
    list.map(({ body }, at) => ({ id, sequence: expectedVersion + at + 1, event: body })),
  );
  const [first] = writes;
  return [
    JSON.stringify(rows),
    JSON.stringify(events),
    first?.context ? JSON.stringify(first.context) : null,
    first?.recordedAt?.toISOString() ?? null,
    bound,
  ];
};

const batchRow = (plan: EntityPlan, write: EntityWrite, at: number, place: number): BatchRow => {
  const { id, expectedVersion, events, columns, deletion, snapshot } = write;
  const row: Record<string, unknown> = {};
  for (const [index, { column }] of plan.columns.entries()) row[column] = columns[index];
  return {
    ...row,
    id,
    version: expectedVersion + events.length,
    $expected: expectedVersion,
    $at: at,
    $place: place,
    ...(deletion !== undefined && { $deletion: deletion }),
    ...(snapshot !== undefined && { $snapshot: snapshot }),
  };
};

/** The columns that can make room, each with the constraints that it does so for. */
export const parkedColumnsOf = (plan: EntityPlan): readonly ParkedColumn[] => {
  const uniques = plan.uniques.filter((unique) => canMakeRoom(plan, unique));
  const columns = new Set(uniques.map((unique) => parkedColumn(plan, unique)));
  return [...columns].map((column) => ({
    column,
    uniques: uniques.filter((unique) => parkedColumn(plan, unique) === column),
  }));
};

/** The members that make room, with what may stand in for their values. */
export const roomRows = (
  plan: EntityPlan,
  writes: readonly BatchWrite[],
  parked: readonly Parked[],
): readonly Readonly<Record<string, unknown>>[] => {
  const rows = parked.map(({ at }): Record<string, unknown> => ({ $id: writes[at]?.id }));
  for (const { column, uniques } of parkedColumnsOf(plan)) {
    const those = parked.flatMap(({ at, constraints }, nth) =>
      constraints.some((unique) => uniques.includes(unique)) ? [{ at, nth }] : [],
    );
    const place = plan.columns.indexOf(column);
    const values = those.map(({ at }) => writes[at]?.heldBefore?.[place] ?? null);
    const lists = column.nullable ? values.map(() => []) : standIns(column, values);
    for (const [index, { nth }] of those.entries()) {
      Object.assign(rows[nth] ?? {}, { [standInsKey(column)]: lists[index] });
    }
  }
  return rows;
};
