import { randomUUID } from "node:crypto";
import type { JsonValue } from "@annals/core";
import type { ColumnPlan, EntityPlan, UniquePlan } from "@annals/core/adapter";

// A value that stands in for one in a circle is seen by nobody outside the transaction, but has to be one
// that the column's type and conditions allow. Several kinds are offered, and the database takes the first
// that fits and is free.

/** How unwelcome it is to change this column for a moment; infinite where it cannot be. */
const costOf = (column: ColumnPlan): number => {
  // What an update never sets would not come back.
  if (column.immutable) return Number.POSITIVE_INFINITY;
  if (column.nullable) return column.check === undefined ? 0 : 1;
  if (makerOf(column) === undefined) return Number.POSITIVE_INFINITY;
  if (column.references !== undefined) return 5;
  if (column.type.kind === "enum" || column.type.kind === "boolean") return 4;
  return column.check === undefined ? 2 : 3;
};

/** The column of a constraint that is changed when one of its values has to make room. */
export const parkedColumn = (plan: EntityPlan, { columns }: UniquePlan): ColumnPlan =>
  plan.columns
    .filter(({ column }) => columns.includes(column))
    .reduce((best, column) => (costOf(column) < costOf(best) ? column : best));

export const parkingCost = (plan: EntityPlan, unique: UniquePlan): number =>
  costOf(parkedColumn(plan, unique));

/** Whether there is anything that could stand in for a value of this constraint. */
export const canMakeRoom = (plan: EntityPlan, unique: UniquePlan): boolean =>
  parkingCost(plan, unique) !== Number.POSITIVE_INFINITY;

/**
 * What to try in place of each of these values, in this order. No two lists share anything, where there
 * is enough: members that make room at the same time must not take the same.
 */
export const standIns = (
  column: ColumnPlan,
  values: readonly JsonValue[],
): readonly (readonly JsonValue[])[] => {
  const make = makerOf(column) ?? (() => []);
  const offered = values.map((value, nth) => make(value, nth));
  const isFew = column.type.kind === "enum" || column.type.kind === "boolean";
  return isFew ? offered : withoutRepetition(offered);
};

/** Deals in turns, so that no list takes what little there is from the others. */
const withoutRepetition = (
  offered: readonly (readonly JsonValue[])[],
): readonly (readonly JsonValue[])[] => {
  const dealt = offered.map((): JsonValue[] => []);
  const seen = new Set<JsonValue>();
  const turns = Math.max(0, ...offered.map((list) => list.length));
  for (let turn = 0; turn < turns; turn += 1) {
    for (const [at, list] of offered.entries()) {
      const value = list[turn];
      if (value === undefined || seen.has(value)) continue;
      seen.add(value);
      dealt[at]?.push(value);
    }
  }
  return dealt;
};

type Maker = (value: JsonValue, nth: number) => readonly JsonValue[];

const makerOf = ({ type }: ColumnPlan): Maker | undefined => {
  if (type.kind === "enum") return (_, nth) => rotated(type.values, nth);
  if (type.kind !== "declared") return MAKERS[type.kind];
  const length = /^(?:varchar|character varying)\((\d+)\)$/i.exec(type.name)?.[1];
  if (length !== undefined) return atMost(Number(length));
  return DECLARED.find(([pattern]) => pattern.test(type.name))?.[1];
};

const atMost =
  (length: number): Maker =>
  (value, nth) =>
    likeText(value, nth).filter((text) => String(text).length <= length);

const rotated = <Item>(items: readonly Item[], by: number): readonly Item[] => {
  const at = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
};

/**
 * Unlike texts first, and then texts of the same shape, since conditions on length, case, digits and
 * punctuation hold for them as well; some of these are a little longer, where there is room for few.
 */
const likeText: Maker = (value) => {
  const text = String(value);
  const word = randomUUID().replaceAll("-", "");
  const shapes = Array.from({ length: 32 }, (_, at) =>
    text.replace(/[a-z]+|[A-Z]+|[0-9]+/g, (run) => alike(run, run.length + (at % 2) * below(5))),
  );
  return [`${text}-${word}`, `${text}${word}`, `${word}${text}`, word, ...shapes];
};

const alike = (run: string, length: number): string => {
  const [first, count] = /[0-9]/.test(run) ? [48, 10] : [/[a-z]/.test(run) ? 97 : 65, 26];
  return String.fromCharCode(...Array.from({ length }, () => first + below(count)));
};

const below = (limit: number): number => Math.floor(Math.random() * limit);

/** From far away, where nobody is, to where a narrow condition may still let one in. */
const wholeNumbers =
  (furthest: number): Maker =>
  (value) =>
    [furthest, 1e9, 1e6, 1e4, 1e3, 100, 10].flatMap((width) => {
      const near = Number(value);
      const far = [1 + below(width), -1 - below(width)];
      return [...far, near + below(width), near - below(width)].filter(
        (one) => Math.abs(one) <= furthest,
      );
    });

const DAY_MS = 86_400_000;

const instants = (value: JsonValue): readonly string[] => {
  const near = Date.parse(String(value));
  const far = [below(4e12) + 2e13, -6e13 - below(1e12), below(1e12)];
  const close = [1e4, 1e3, 10, 1].flatMap((days) => {
    const distance = 1 + below(days * DAY_MS);
    return [near + distance, near - distance];
  });
  return [...far, ...close].map((at) => new Date(at).toISOString());
};

const MAKERS = {
  text: likeText,
  uuid: () => [randomUUID()],
  boolean: (value) => [!value],
  integer: wholeNumbers(2 ** 31 - 1),
  bigint: wholeNumbers(Number.MAX_SAFE_INTEGER),
  numeric: (value, nth) => wholeNumbers(Number.MAX_SAFE_INTEGER)(value, nth).map(String),
  double: (value, nth) => [...wholeNumbers(2 ** 50)(value, nth), Math.random(), -Math.random()],
  timestamp: instants,
  date: (value) => instants(value).map((at) => at.slice(0, 10)),
} as const satisfies Record<string, Maker>;

/** Types that definitions name in PostgreSQL's words. Others have nothing to stand in. */
const DECLARED: readonly (readonly [RegExp, Maker])[] = [
  [/^(text|citext|varchar|character varying)$/i, likeText],
  [/^(smallint|int2)$/i, wholeNumbers(2 ** 15 - 1)],
  [/^(integer|int|int4)$/i, MAKERS.integer],
  [/^(bigint|int8)$/i, MAKERS.bigint],
  [/^(numeric|decimal)$/i, MAKERS.numeric],
  [/^(real|float4|double precision|float8)$/i, MAKERS.double],
  [/^uuid$/i, MAKERS.uuid],
  [/^(timestamptz|timestamp with time zone)(\(\d\))?$/i, MAKERS.timestamp],
  [/^date$/i, MAKERS.date],
];
