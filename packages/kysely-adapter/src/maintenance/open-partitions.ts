import type { SchemaDifference } from "@annals/core";
import type { Transaction } from "kysely";
import type { Database } from "../connection/database.ts";
import { topicIdentity } from "../connection/schema-name.ts";
import {
  type UnguardedPartition,
  unguardedPartitions,
  unregisteredTopics,
} from "../statements/topic-partition-guards.ts";
import type { AnyDefinition } from "./describe.ts";

/** What is wrong with the partitions of topics, of which there are more with time. */
export const openPartitions = async <DB>(
  database: Database<DB>,
  tx: Transaction<DB>,
  definitions: readonly AnyDefinition[],
): Promise<readonly SchemaDifference[]> => {
  const topics = definitions.filter(({ plan }) => plan.kind === "topic");
  if (topics.length === 0) return [];
  const operation = ["annals", "check"] as const;
  const nameOf = new Map(
    topics.map(({ name, plan }) => [topicIdentity(database.schema, plan), name]),
  );
  const tables = topics.map(({ plan }) => plan.eventsTable);
  const open = await database.run<UnguardedPartition>(
    unguardedPartitions,
    [database.schema, tables],
    tx,
    operation,
  );
  const unknown = await database.run<{ identity: string }>(
    unregisteredTopics,
    [database.schema, tables, [...nameOf.keys()]],
    tx,
    operation,
  );
  return [
    ...open.rows.map((row) => unguarded(row, topics)),
    ...unknown.rows.map(({ identity }) => ({
      entity: nameOf.get(identity) as string,
      object: `topic ${identity}`,
      problem: "It is not registered in annals.topic_partitions.",
      remedy: "Create it: annals generate, then annals migrate.",
    })),
  ];
};

const unguarded = (
  { partition, hasGuard }: UnguardedPartition,
  topics: readonly AnyDefinition[],
): SchemaDifference => {
  const trigger = `${partition}_immutable`;
  const owner = topics.find(({ plan }) => partition.startsWith(`${plan.eventsTable}_p`));
  return {
    entity: owner?.name ?? "annals",
    object: `trigger ${partition}.${trigger}`,
    problem: hasGuard
      ? "It is disabled or changed, so that events of the partition can be changed."
      : "It is missing, so that events of the partition can be changed.",
    remedy: hasGuard
      ? `ALTER TABLE ${partition} ENABLE TRIGGER ${trigger}.`
      : `CREATE TRIGGER ${trigger} BEFORE UPDATE OR DELETE OR TRUNCATE ON ${partition} FOR EACH STATEMENT EXECUTE FUNCTION annals.refuse_change().`,
  };
};
