import type { EntityPlan, StoredEntity, Visibility } from "@annals/core/adapter";
import { scopeNames } from "../tables/scope-columns.ts";
import type { EntityTables, SnapshotNames } from "./entity-table-names.ts";

// States that are kept beside the events: written by the statement that appends, read by the one that reads.

/** Whether a read takes the snapshot and the events after it, in place of all events. */
export const readsSnapshot = ({ snapshot }: EntityPlan, seen: Visibility | undefined): boolean =>
  snapshot !== undefined && seen?.history !== true;

/** Whether a read of a tree takes any snapshot unless all events are asked for. */
export const keepsSnapshots = ({ snapshot, children }: EntityPlan): boolean =>
  snapshot !== undefined || children.some(({ plan }) => keepsSnapshots(plan));

/**
 * The snapshot of the row `alias` of the index table, and the events after it, as one JSON list
 * `[version, snapshot, events]`. A snapshot of a version that the entity is not at yet is none.
 * Relies on: user_snapshots_pkey, user_events_id_sequence_key.
 */
export const snapshotWithEvents = (
  { table, fingerprint }: SnapshotNames,
  events: string,
  alias: string,
  indent = "",
): string => `(
${indent}    select json_build_array(s.version, s.snapshot, (select json_agg(e.event) from (
${indent}      select event from ${events} where id = ${alias}.id and sequence > coalesce(s.version, 0) order by sequence
${indent}    ) e))
${indent}    from (select 1) one left join ${table} s on s.id = ${alias}.id and s.fingerprint = ${fingerprint} and s.version <= ${alias}.version
${indent}  )`;

/** The value of that. */
export type SnapshotWithEvents = readonly [
  version: number | null,
  snapshot: StoredEntity["events"][number] | null,
  events: StoredEntity["events"] | null,
];

export const toSnapshotWithEvents = ([version, body, events]: SnapshotWithEvents): Pick<
  StoredEntity,
  "events" | "snapshot"
> => ({
  events: events ?? [],
  ...(version !== null && body !== null && { snapshot: { version, body } }),
});

/**
 * The CTEs that keep the state after a write, for `source`, which has a row for each member with these
 * columns. A snapshot of another fingerprint is left to the code that reads it, until twice as many events have
 * followed as this code lets pass before it keeps the state again: so two of them never undo each other's work
 * while both are in use.
 */
export const keptSnapshots = (
  { plan, snapshots }: EntityTables,
  source: string,
  value: {
    readonly version: string;
    readonly snapshot: string;
    readonly at: string;
    /** What has the columns of the scope. */
    readonly scoped: "w" | "g";
  },
  condition: string,
): string => {
  if (snapshots === undefined) return "";
  const scope = scopeNames(plan);
  const names = ["id", ...scope, "fingerprint", "version", "snapshot", "taken_at"];
  const { table, fingerprint, every } = snapshots;
  const where = condition === "" ? "" : `\n  where ${condition}`;
  const and = condition === "" ? "" : ` and ${condition}`;
  return `,
kept as (
  insert into ${table} (${names.join(", ")})
  select ${["w.id", ...scope.map((name) => `${value.scoped}.${name}`), fingerprint, value.version, value.snapshot, value.at].join(", ")}
  from ${source}${where}
  on conflict (id, fingerprint) do update
  set version = excluded.version, snapshot = excluded.snapshot, taken_at = excluded.taken_at
),
outdated as (
  delete from ${table} s using ${source}
  where s.id = w.id and s.fingerprint <> ${fingerprint} and s.version <= ${value.version} - ${2 * every}${and}
)`;
};

/** The same for a statement over many members, which come with `$snapshot` where it is to be kept. */
export const keptSnapshotsOfAll = (tables: EntityTables): string =>
  keptSnapshots(
    tables,
    "written w join given g on g.id = w.id",
    {
      version: "g.version",
      snapshot: 'g."$snapshot"',
      at: "coalesce($4::timestamptz, now())",
      scoped: "g",
    },
    'g."$snapshot" is not null',
  );
