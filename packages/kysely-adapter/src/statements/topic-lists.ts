import type { JsonValue } from "@annals/core";
import { isEntityPlan, type SlottedEvent, type TopicPlan } from "@annals/core/adapter";
import { plainBytes } from "./topic-row.ts";

/** How many events a row of lists has at most: its text is in memory as a whole. */
const EVENTS_PER_ROW = 50;

/**
 * Gathers the rows of a statement on topics, which rise by position, into few rows that have a list for each
 * column: a client takes a list apart in half of the time that it needs for as many values.
 */
export const inLists = (
  rows: string,
  plans: readonly TopicPlan[],
  { slots }: { readonly slots: boolean },
): string => {
  const lists = ["id", "sequence", "position", "recorded_at", "event"].map(list);
  const rare = ["context", ...rareColumns(plans)].map(listIfAny);
  const topics = plans.length === 1 ? ["min(topic) as topic"] : [list("topic")];
  const columns = [...topics, ...lists, ...rare, ...(slots ? [list("slot")] : [])];
  return `select ${columns.join(", ")}
from (
select *, (row_number() over (order by position) - 1) / ${EVENTS_PER_ROW} as part from (
${rows}
) as event
) as event
group by part
order by part`;
};

const list = (column: string): string => `json_agg(${column}) as ${column}`;

/** NULL where all of them are. */
const listIfAny = (column: string): string =>
  `case when bool_or(${column} is not null) then json_agg(${spelled(column)}) end as ${column}`;

/** Binary data in the one spelling that no setting changes. */
const spelled = (column: string): string => (column === "bytes" ? "encode(bytes, 'hex')" : column);

/** The columns that `topicColumns` selects for some topics only. */
const rareColumns = (plans: readonly TopicPlan[]): readonly string[] => [
  ...(plans.some((one) => isEntityPlan(one) && one.scope.length > 0) ? ["scope"] : []),
  ...(plans.some((one) => isEntityPlan(one) && one.parent !== undefined) ? ["parent"] : []),
  ...(plans.some((one) => !isEntityPlan(one)) ? ["headers", "bytes"] : []),
];

/** A row of lists, each with as many entries as there are events. */
export interface TopicLists {
  /** One name for all, where one topic is read. */
  readonly topic: string | readonly string[];
  readonly id: readonly string[];
  readonly sequence: readonly number[];
  readonly position: readonly number[];
  /** Milliseconds since 1970, which no setting spells otherwise, and which cost less to read than a date. */
  readonly recorded_at: readonly number[];
  readonly event: readonly Record<string, never>[];
  readonly context: readonly (Record<string, never> | null)[] | null;
  readonly scope?: readonly (readonly JsonValue[] | null)[] | null;
  readonly parent?: readonly (string | null)[] | null;
  readonly headers?: readonly (Record<string, string> | null)[] | null;
  readonly bytes?: readonly (string | null)[] | null;
  readonly slot?: readonly number[];
}

/** The events of rows of lists, by rising position. */
export const eventsIn = (rows: readonly TopicLists[]): readonly SlottedEvent[] => {
  const events = rows.flatMap((lists) => lists.id.map((id, at) => eventAt(lists, id, at)));
  // They rise as a rule, though nothing promises in which order rows are gathered.
  return isRising(events) ? events : events.sort((one, other) => one.position - other.position);
};

/** One plain literal, since it is made for every event. */
const eventAt = (lists: TopicLists, id: string, at: number): SlottedEvent => {
  const { topic } = lists;
  return {
    topic: typeof topic === "string" ? topic : (topic[at] as string),
    id,
    sequence: lists.sequence[at] as number,
    position: lists.position[at] as number,
    recordedAt: new Date(lists.recorded_at[at] as number),
    context: lists.context?.[at] ?? null,
    headers: lists.headers?.[at] ?? null,
    scope: lists.scope?.[at] ?? undefined,
    parentId: lists.parent?.[at] ?? undefined,
    body: lists.event[at] as Record<string, never>,
    bytes: bytesOf(lists.bytes?.[at]),
    slot: lists.slot?.[at] ?? 0,
  };
};

const bytesOf = (hex: string | null | undefined): Uint8Array | null =>
  hex == null ? null : plainBytes(Buffer.from(hex, "hex"));

const isRising = (events: readonly SlottedEvent[]): boolean =>
  events.every(
    (event, at) => at === 0 || (events[at - 1] as SlottedEvent).position < event.position,
  );
