import { qualify, quoteName } from "./quote.ts";

/** Where a topic's tables are. */
export interface TopicNames {
  readonly schema: string;
  readonly events: string;
}

/** The name of a partition's table. */
export const partitionTable = ({ events }: TopicNames, partition: number): string =>
  `${events}_p${partition}`;

/** The sequence whose last value is the number of the partition that takes new events. */
export const partitionSequence = ({ schema, events }: TopicNames): string =>
  qualify(schema, `${events}_partition`);

/** A trigger that refuses every change. Those of the parent do not guard its partitions. */
export const immutableTable = (schema: string, table: string): string =>
  `create trigger ${quoteName(`${table}_immutable`)}
before update or delete or truncate on ${qualify(schema, table)}
for each statement execute function annals.refuse_change()`;

/**
 * The statements that add a partition. It is made as a table on its own, guarded, and only then attached,
 * which neither waits for publishers nor makes them wait.
 */
export const addPartition = (names: TopicNames, partition: number): readonly string[] => {
  const table = partitionTable(names, partition);
  const parent = qualify(names.schema, names.events);
  return [
    `create table ${qualify(names.schema, table)} (like ${parent} including all)`,
    immutableTable(names.schema, table),
    `alter table ${parent} attach partition ${qualify(names.schema, table)} for values in (${partition})`,
  ];
};
