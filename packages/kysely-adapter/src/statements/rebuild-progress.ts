import { statement } from "../connection/statement.ts";

/**
 * Where an unfinished rebuild of the same columns goes on.
 * Parameters: $1 entity, $2 columns. Locks: none. Relies on: rebuilds_pkey.
 */
export const readRebuild = statement(
  "read_rebuild",
  `select done_to from annals.rebuilds where entity = $1 and columns = $2`,
);

/**
 * Keeps how far a rebuild has come; one over other columns is forgotten.
 * Parameters: $1 entity, $2 columns, $3 id up to which all is done. Locks: its row.
 */
export const keepRebuild = statement(
  "keep_rebuild",
  `insert into annals.rebuilds as r (entity, columns, done_to) values ($1, $2, $3::uuid)
on conflict (entity) do update set columns = excluded.columns, done_to = excluded.done_to,
  started_at = case when r.columns = excluded.columns then r.started_at else now() end, moved_at = now()`,
);

/** Ends a rebuild. Parameters: $1 entity. Locks: its row. */
export const endRebuild = statement("end_rebuild", "delete from annals.rebuilds where entity = $1");
