import { readFile, writeFile } from "node:fs/promises";
import type { AnyEntity, AnyPublishedTopic } from "@annals/core";
import { type EventContract, eventContract } from "@annals/core/adapter";
import {
  entityObjects,
  latestTable,
  partitionSequence,
  publisherSignature,
  qualify,
  type SchemaObject,
  topicIdentity,
  topicPublisher,
} from "@annals/kysely-adapter/schema";
import { CliError } from "../cli-error.ts";
import type { LoadedConfig } from "../config/load-config.ts";

/** What the committed migrations make of one entity. */
export interface LockedEntity {
  readonly indexTable: string;
  readonly eventsTable: string;
  readonly eventTypes: readonly string[];
  /** Columns of the index table that keep the value they were created with. */
  readonly immutable: readonly string[];
  /** Columns that divide the entities into scopes; absent for none. */
  readonly scope?: readonly string[];
  readonly objects: readonly SchemaObject[];
  /** What may be stored, and has to be readable for good. */
  readonly events: EventContract;
}

/** What the committed migrations make of one topic of its own. Names are qualified and quoted. */
export interface LockedTopic {
  /** By which the framework's tables know it. */
  readonly identity: string;
  readonly eventsTable: string;
  readonly partitionSequence: string;
  readonly publisherSignature: string;
  readonly publisher: string;
  readonly eventTypes: readonly string[];
  /** What keeps the latest event of every key, if anything does. */
  readonly latest?:
    | {
        readonly table: string;
        readonly view: string;
        readonly deletedBy: readonly string[];
        readonly create: readonly string[];
      }
    | undefined;
  /** What may be stored, and has to be readable for good. */
  readonly events: EventContract;
}

/** What the committed migrations lead to; committed beside them, and compared to find what is new. */
export interface SchemaLock {
  readonly format: 1;
  readonly entities: Readonly<Record<string, LockedEntity>>;
  /** Missing in files from before there were topics. */
  readonly topics?: Readonly<Record<string, LockedTopic>>;
}

export const EMPTY_LOCK: SchemaLock = { format: 1, entities: {} };

/** The lock of definitions as they are. */
export const lockOf = ({ entities, topics, schema }: Definitions): SchemaLock => ({
  format: 1,
  entities: Object.fromEntries(entities.map((one) => [one.name, lockedEntity(one, schema)])),
  ...(topics.length > 0 && {
    topics: Object.fromEntries(topics.map((one) => [one.name, lockedTopic(one, schema)])),
  }),
});

/** What of a project is in its database. */
type Definitions = Pick<LoadedConfig, "entities" | "topics" | "schema">;

const lockedEntity = (definition: AnyEntity, schema: string): LockedEntity => {
  const { plan } = definition;
  return {
    indexTable: plan.indexTable,
    eventsTable: plan.eventsTable,
    eventTypes: plan.eventTypes,
    immutable: plan.columns.filter(({ immutable }) => immutable).map(({ column }) => column),
    ...(plan.scope.length > 0 && { scope: plan.scope }),
    objects: entityObjects(plan, { schema }),
    events: eventContract(definition),
  };
};

const lockedTopic = (definition: AnyPublishedTopic, schema: string): LockedTopic => {
  const { plan } = definition;
  const { compaction } = plan;
  const identity = topicIdentity(schema, plan);
  return {
    identity,
    eventsTable: qualify(schema, plan.eventsTable),
    partitionSequence: partitionSequence({ schema, events: plan.eventsTable }),
    publisherSignature: publisherSignature(plan, schema),
    publisher: topicPublisher(plan, schema, identity),
    eventTypes: plan.eventTypes,
    ...(compaction !== undefined && {
      latest: {
        table: qualify(schema, compaction.latestTable),
        view: qualify(schema, compaction.latestView),
        deletedBy: compaction.deletedBy,
        create: latestTable(plan, schema),
      },
    }),
    events: eventContract(definition),
  };
};

/** @throws CliError when the file is there and is no lock. */
export const readLock = async (file: string): Promise<SchemaLock> => {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return EMPTY_LOCK;
  try {
    const lock = JSON.parse(text) as SchemaLock;
    if (lock.format === 1 && typeof lock.entities === "object") return lock;
  } catch {
    // Told below, together with every other thing that it may be.
  }
  throw new CliError(`${file} is no lock file of Annals`, "Put it back from version control.");
};

export const writeLock = (file: string, lock: SchemaLock): Promise<void> =>
  writeFile(file, `${JSON.stringify(lock, null, 2)}\n`);
