import { qualify } from "./quote.ts";
import type { TableNames } from "./table-names.ts";

/** A function that reads events, and the types of its parameters. */
export interface ReplayFunction {
  readonly name: string;
  readonly comment: string;
  readonly parameters: string;
  readonly sql: string;
}

/**
 * Functions for readers that are not Annals: the events of one entity, of several, and of all of them in
 * the order of the topic. SQL, so that the planner sees through them.
 *
 * The last one takes an upper bound and has no default for it: positions are drawn before commit, so that
 * whoever reads up to the newest row misses what is committed below it later.
 */
export const replayFunctions = ({ schema, events }: TableNames): readonly ReplayFunction[] => {
  const stem = events.replace(/_events$/, "");
  const table = qualify(schema, events);
  const replay = (
    suffix: string,
    comment: string,
    { parameters, types, condition }: Record<"parameters" | "types" | "condition", string>,
  ): ReplayFunction => ({
    name: `${stem}${suffix}`,
    comment,
    parameters: types,
    sql: `create function ${qualify(schema, `${stem}${suffix}`)}(
  ${parameters}
) returns table (
  id uuid, sequence integer, event jsonb, context jsonb, recorded_at timestamptz, "position" bigint
)
language sql stable as $$
  select e.id, e.sequence, e.event, e.context, e.recorded_at, e.position
  from ${table} e
  where ${condition}
$$`,
  });
  return [
    replay("_replay", "The events of one entity, after a sequence.", {
      parameters: "entity uuid, after_sequence integer default 0",
      types: "uuid, integer",
      condition: "e.id = $1 and e.sequence > $2\n  order by e.sequence",
    }),
    replay("_replay_all", "The events of several entities.", {
      parameters: "entities uuid[]",
      types: "uuid[]",
      condition: "e.id = any ($1)\n  order by e.id, e.sequence",
    }),
    replay(
      "_replay_after",
      "The events of the topic after a position, up to one below which nothing is uncommitted.",
      {
        parameters: "after_position bigint, up_to bigint, take integer default 1000",
        types: "bigint, bigint, integer",
        condition: "e.position > $1 and e.position <= $2\n  order by e.position\n  limit $3",
      },
    ),
  ];
};
