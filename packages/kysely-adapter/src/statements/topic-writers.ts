import { type Statement, statement } from "../connection/statement.ts";
import { qualify, quoteText } from "../tables/quote.ts";
import { SERVER_LIFE } from "./server-life.ts";

/**
 * Lists the transactions that may have drawn a position for these topics and not committed yet: the
 * holders of the lock that every INSERT takes before it draws and keeps until its commit is visible.
 * A prepared transaction has no process and a virtual transaction of its own kind; it counts.
 *
 * Runs as a statement of its own, after the last position was read, never in the same snapshot.
 * Parameters: none. Locks: none (pg_locks takes each lock partition's for a moment).
 */
export const topicWriters = (schema: string, eventsTables: readonly string[]): Statement => {
  const tables = eventsTables.map((table) => `${quoteText(qualify(schema, table))}::regclass`);
  // Writers into a partition need not lock its parent.
  const partitions = tables.map(
    (table) => `select relid from pg_catalog.pg_partition_tree(${table})`,
  );
  return statement(
    `topic_writers_${eventsTables.join("_")}`,
    `select distinct virtualtransaction as writer, ${SERVER_LIFE} as server_start
from pg_catalog.pg_locks
where locktype = 'relation'
  and database = (select oid from pg_catalog.pg_database where datname = current_database())
  and (relation in (${tables.join(", ")}) or relation in (${partitions.join(" union all ")}))
  and mode = 'RowExclusiveLock'
  and granted
  and pid is distinct from pg_backend_pid()`,
  );
};

export interface TopicWriterRow {
  readonly writer: string;
  readonly server_start: string;
}
