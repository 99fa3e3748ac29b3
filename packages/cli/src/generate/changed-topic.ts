import { quoteName, quoteText } from "@annals/kysely-adapter/schema";
import { change, type SchemaChange } from "./schema-change.ts";
import type { LockedTopic, SchemaLock } from "./schema-lock.ts";

/**
 * The changes of topics of their own. Their partitions grow by maintenance, and retention and event types
 * are in no table, so what is left is that a topic comes, goes, or keeps the latest event of every key
 * otherwise.
 */
export const topicChanges = (
  before: SchemaLock,
  after: SchemaLock,
  create: (name: string) => readonly string[],
): readonly SchemaChange[] => {
  const [known, wanted] = [before.topics ?? {}, after.topics ?? {}];
  return [
    ...Object.entries(known)
      .filter(([name]) => wanted[name] === undefined)
      .map(([name, topic]) => removedTopic(name, topic)),
    ...Object.entries(wanted).flatMap(([name, topic]) => {
      const from = known[name];
      return from === undefined
        ? [change(`${name}: the topic is added`, create(name))]
        : changedTopic(name, from, topic);
    }),
  ];
};

const removedTopic = (name: string, topic: LockedTopic): SchemaChange => {
  const registered = ["deduplication_keys", "retention_log", "partitions"].map(
    (table) => `delete from annals.topic_${table} where topic = ${quoteText(topic.identity)}`,
  );
  return change(
    `${name}: the topic and all of its events are dropped`,
    [
      ...dropLatest(topic),
      `drop table ${topic.eventsTable}`,
      `drop function ${topic.publisherSignature}`,
      `drop sequence ${topic.partitionSequence}`,
      ...registered,
      `delete from annals.topics where name = ${quoteText(topic.identity)}`,
    ],
    { named: { option: "drop", target: name }, note: "Its events are gone for good." },
  );
};

const changedTopic = (
  name: string,
  before: LockedTopic,
  after: LockedTopic,
): readonly SchemaChange[] => {
  if (before.publisher === after.publisher) return [];
  const publisher = after.publisher.replace(/^create function /m, "create or replace function ");
  const [from, to] = [before.latest, after.latest];
  if (from === undefined && to !== undefined) {
    // First whoever publishes keeps the latest events, then those from before are taken in.
    return [
      change(`${name}: the latest event of every key is kept`, [...to.create, publisher], {
        contract: [withoutPublishers(after), takeIn(after, to)],
      }),
    ];
  }
  if (from !== undefined && to === undefined) {
    return [
      change(
        `${name}: the latest event of every key is no longer kept`,
        [publisher, ...dropLatest(before)],
        { named: { option: "drop", target: `${name}.compaction` } },
      ),
    ];
  }
  if (to === undefined || JSON.stringify(from?.deletedBy) === JSON.stringify(to.deletedBy)) {
    return [change(`${name}: the function that publishes changes`, [publisher])];
  }
  return [
    change(`${name}: other events delete a key`, [publisher], {
      contract: [
        withoutPublishers(after),
        `update ${to.table} set "deleted" = ${deletedBy(to)} where "deleted" <> ${deletedBy(to)}`,
      ],
      note: "Deleted keys that maintenance has forgotten stay so.",
    }),
  ];
};

type Latest = NonNullable<LockedTopic["latest"]>;

const dropLatest = ({ latest }: LockedTopic): readonly string[] =>
  latest === undefined ? [] : [`drop view ${latest.view}`, `drop table ${latest.table}`];

/** Waits for those who publish, and makes others wait until the end of the migration. */
const withoutPublishers = ({ eventsTable }: LockedTopic): string =>
  `lock table ${eventsTable} in share row exclusive mode`;

const COLUMNS = [
  ...["position", "event_type", "event", "headers", "bytes", "context", "recorded_at"],
].map(quoteName);

const deletedBy = ({ deletedBy: types }: Latest): string =>
  types.length === 0 ? "false" : `("event_type" in (${types.map(quoteText).join(", ")}))`;

const takeIn = ({ eventsTable }: LockedTopic, latest: Latest): string => {
  const columns = COLUMNS.join(", ");
  const updates = [...COLUMNS, '"deleted"'].map((column) => `${column} = excluded.${column}`);
  return `insert into ${latest.table} as l ("key", ${columns}, "deleted")
select distinct on ("key") "key", ${columns}, ${deletedBy(latest)}
from ${eventsTable}
order by "key", "position" desc
on conflict ("key") do update set ${updates.join(", ")}
where excluded."position" > l."position"`;
};
