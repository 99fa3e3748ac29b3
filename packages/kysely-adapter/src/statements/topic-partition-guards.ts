import { type Statement, statement } from "../connection/statement.ts";

/** A partition of a topic with something missing. */
export interface UnguardedPartition {
  readonly partition: string;
  /** Whether it has a trigger that refuses changes, which may be disabled. */
  readonly hasGuard: boolean;
}

/**
 * The partitions of topics that do not refuse changes: a trigger of the parent guards none of them.
 * Parameters: $1 schema, $2 events tables. Locks: none. Relies on: the catalogs.
 */
export const unguardedPartitions: Statement = statement(
  "unguarded_partitions",
  `select c.relname::text as partition, g.oid is not null as "hasGuard"
from pg_class parent
join pg_namespace n on n.oid = parent.relnamespace
join pg_inherits i on i.inhparent = parent.oid
join pg_class c on c.oid = i.inhrelid
left join pg_trigger g on g.tgrelid = c.oid and g.tgfoid = 'annals.refuse_change()'::regprocedure
where n.nspname = $1 and parent.relname = any ($2::text[]) and parent.relkind = 'p'
  and (g.oid is null or g.tgenabled not in ('O', 'A')
    or pg_get_triggerdef(g.oid) !~ 'BEFORE DELETE OR UPDATE OR TRUNCATE .* FOR EACH STATEMENT EXECUTE')
order by 1`,
);

/**
 * Topics that have a table and are not registered.
 * Parameters: $1 schema, $2 events tables, $3 identities in the same order. Locks: none.
 * Relies on: topics_pkey, topic_partitions_pkey.
 */
export const unregisteredTopics: Statement = statement(
  "unregistered_topics",
  `select given.identity from unnest($2::text[], $3::text[]) given (name, identity)
where exists (
  select from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $1 and c.relname = given.name
) and not exists (select from annals.topic_partitions p where p.topic = given.identity)
order by 1`,
);
