import type { EntityModel } from "../define/entity-model.ts";
import type { EntityPlan } from "../define/entity-plan.ts";
import type { JsonObject } from "../define/json-value.ts";
import { FORGOTTEN, findMarks } from "../define/personal-marks.ts";
import { SubjectForgottenError } from "../errors/erase-errors.ts";
import { isJoined } from "../port/joined.ts";
import type { KeyProvider } from "../port/key-provider.ts";
import type {
  BatchResult,
  EarlierRequest,
  EntityWrite,
  Idempotency,
  KnownEntities,
  StoredEntity,
  StoredSnapshot,
  WriteResult,
} from "../port/rows.ts";
import type { EntityStore, Join, Store } from "../port/store.ts";
import { visibilitySealer } from "./sealed-visibility.ts";
import { havePersonal, sealedWrites } from "./sealed-writes.ts";
import { type Sealing, sealingOf } from "./sealing.ts";
import { snapshotPlace } from "./snapshot-place.ts";
import { type SealedJson, subjectsOf } from "./vault.ts";

/** What a sealed store needs of the store that it is over. */
type Transacting<Tx> = Pick<Store<Tx>, "transaction">;

interface StoredEvents
  extends Pick<
    StoredEntity,
    "id" | "events" | "since" | "mark" | "subjects" | "snapshot" | "children"
  > {}

/** Opens what a store, or a query of a user's own, has read of entities, with all that is below them. */
export const storedOpener =
  <Tx>({ model, vault }: Sealing<Tx>) =>
  async <Entity extends StoredEvents>(
    found: readonly Entity[],
    join: Join<Tx>,
  ): Promise<readonly Entity[]> => {
    const sealed = found.flatMap((entity) => sealedIn(model, entity));
    const opened = (await vault.open(sealed, join)).values();
    return found.map((entity) => {
      const all = withOpened(model, entity, opened);
      return entity.mark === undefined ? all : { ...all, subjects: subjectsIn(model, entity) };
    });
  };

/** The snapshot of an entity, its events, and then those of its children, kind by kind. */
const sealedIn = (
  model: EntityModel,
  { id, events, since = 0, snapshot, children }: StoredEvents,
): readonly SealedJson[] => [
  ...(snapshot === undefined ? [] : [sealedSnapshot(model.plan, id, snapshot)]),
  ...events.map((json, at) =>
    sealedJson(model.plan.name, id, (snapshot?.version ?? since) + at + 1, json),
  ),
  ...model.children.flatMap((kind) =>
    (children?.[kind.name] ?? []).flatMap((child) => sealedIn(kind.model, child)),
  ),
];

/** Those whom the personal values of an entity's events are about. */
const subjectsIn = (model: EntityModel, entity: StoredEvents): readonly string[] => [
  ...new Set(sealedIn(model, entity).flatMap(subjectsOf)),
];

const withOpened = <Entity extends StoredEvents>(
  model: EntityModel,
  entity: Entity,
  opened: Iterator<JsonObject>,
): Entity => {
  const { snapshot: sealed } = entity;
  const snapshot = sealed && { ...sealed, body: opened.next().value as JsonObject };
  const events = entity.events.map((event) => (opened.next().value as JsonObject) ?? event);
  const own = snapshot === undefined ? { ...entity, events } : { ...entity, events, snapshot };
  if (entity.children === undefined) return own;
  const children = { ...entity.children };
  for (const { name, model: below } of model.children) {
    const kind = children[name];
    if (kind !== undefined) children[name] = kind.map((child) => withOpened(below, child, opened));
  }
  return { ...own, children };
};

const sealedJson = (topic: string, id: string, sequence: number, json: JsonObject): SealedJson => ({
  place: { topic, id, sequence, type: String(json.type) },
  json,
});

const withBodies = <Event extends { readonly body: JsonObject }>(
  events: readonly Event[],
  bodies: readonly JsonObject[],
): readonly Event[] => events.map((event, at) => ({ ...event, body: bodies[at] ?? event.body }));

const hasForgotten = (json: JsonObject): boolean => findMarks(json, FORGOTTEN).length > 0;

const sealedSnapshot = (
  plan: EntityPlan,
  id: string,
  { version, body }: StoredSnapshot,
): SealedJson => ({
  place: snapshotPlace(plan, id, version),
  json: body,
});

/** The store of an entity with personal fields: what goes in is sealed, and what comes out is opened. */
export const sealedEntities = <Tx>(
  sealing: Sealing<Tx>,
  entities: EntityStore<Tx>,
  store: Transacting<Tx>,
): EntityStore<Tx> => {
  const { hashes, model } = sealing;
  const { plan, erasure } = model;

  /** Rows of personal values are written in the transaction of what they belong to. */
  const writing = async <Result extends WriteResult | BatchResult>(
    writes: Parameters<typeof havePersonal>[0],
    join: Join<Tx>,
    write: (join: Join<Tx>) => Promise<Result>,
  ): Promise<Result> => {
    const needsOne = erasure?.method === "payload-table" && havePersonal(writes);
    if (!needsOne || isJoined(join)) return write(join);
    return inTransaction(plan.name, store, join, write);
  };

  /** The events may be about nobody, and a state of before somebody was forgotten need not be kept. */
  const orWithoutSnapshots = async <Write extends EntityWrite, Result>(
    writes: readonly Write[],
    join: Join<Tx>,
    write: (writes: readonly Write[]) => Promise<Result>,
  ): Promise<Result> => {
    try {
      return await write(writes);
    } catch (error) {
      // The rows could not be written, with which the whole transaction has failed.
      const isOver = erasure?.method === "payload-table" && isJoined(join);
      const hasSnapshot = writes.some(({ snapshot }) => snapshot !== undefined);
      if (!(error instanceof SubjectForgottenError) || isOver || !hasSnapshot) throw error;
      return write(writes.map((one) => ({ ...one, snapshot: undefined })));
    }
  };

  const openAll = storedOpener(sealing);
  const sealSeen = visibilitySealer(sealing);

  /**
   * Opens what was read by somebody who knows the events before it, whose values are as they were when the
   * statement ran. Who was forgotten since is so in all of it.
   */
  const openNewer = async <Entity extends StoredEvents>(
    known: KnownEntities | undefined,
    join: Join<Tx>,
    read: (known: KnownEntities | undefined) => Promise<readonly Entity[]>,
  ): Promise<readonly Entity[]> => {
    const opened = await openAll(await read(known), join);
    const isTorn = opened.some(({ since = 0, events }) => since > 0 && events.some(hasForgotten));
    return isTorn ? openAll(await read(new Map()), join) : opened;
  };

  const openOne = async <Entity extends StoredEvents>(
    found: Entity | undefined,
    join: Join<Tx>,
  ): Promise<Entity | undefined> => found && (await openAll([found], join))[0];

  const openEarlier = async <Result extends WriteResult | EarlierRequest | undefined>(
    result: Result,
    join: Join<Tx>,
  ): Promise<Result> =>
    result?.kind === "replayed"
      ? { ...result, entity: (await openOne(result.entity, join)) as StoredEntity }
      : result;

  /** What a request asked for may be guessed from a hash that everybody can make. */
  const keyed = async (asked: Idempotency, join: Join<Tx>): Promise<Idempotency> => ({
    ...asked,
    fingerprint: await hashes.fingerprint(asked.fingerprint, join),
  });

  return {
    write: (write, join) =>
      orWithoutSnapshots([write], join, (writes) =>
        writing(writes, join, async (tx) => {
          const [sealed = write] = await sealedWrites(sealing, writes, tx);
          const idempotency = write.idempotency && (await keyed(write.idempotency, tx));
          return openEarlier(await entities.write({ ...sealed, idempotency }, tx), tx);
        }),
      ),
    writeAll: (given, join) =>
      orWithoutSnapshots(given, join, (writes) =>
        writing(writes, join, async (tx) =>
          entities.writeAll(await sealedWrites(sealing, writes, tx), tx),
        ),
      ),
    recall: async (idempotency, join) =>
      openEarlier(await entities.recall(await keyed(idempotency, join), join), join),
    touch: (trees, join) => entities.touch(trees, join),
    hold: (read, join) => entities.hold(read, join),
    load: async (ids, join, seen, known) => {
      const sealed = await sealSeen(seen, join);
      return openNewer(known, join, (told) => entities.load(ids, join, sealed, told));
    },
    find: async (constraint, values, join, seen, known) => {
      const unique = plan.uniques.find((one) => one.constraint === constraint);
      const hashed = await hashes.values(unique?.properties ?? [], values, join);
      const sealed = await sealSeen(seen, join);
      const [found] = await openNewer(known, join, async (told) => {
        const one = await entities.find(constraint, hashed, join, sealed, told);
        return one === undefined ? [] : [one];
      });
      return found;
    },
    loadPast: async (id, bound, join, seen) =>
      openOne(await entities.loadPast(id, bound, join, seen), join),
    history: async (id, query, join, seen) => {
      const found = await entities.history(id, query, join, seen);
      if (found === undefined) return undefined;
      const sealed = found.map(({ sequence, body }) => sealedJson(plan.name, id, sequence, body));
      return withBodies(found, await sealing.vault.open(sealed, join));
    },
    treeHistory: async (id, query, join, seen) => {
      const found = await entities.treeHistory(id, query, join, await sealSeen(seen, join));
      if (found === undefined) return undefined;
      const sealed = found.map(({ topic, id: of, sequence, body }) =>
        sealedJson(topic, of, sequence, body),
      );
      return withBodies(found, await sealing.vault.open(sealed, join));
    },
    count: async (where, limit, join, seen) =>
      entities.count(await hashes.predicate(where, join), limit, join, seen),
    list: async (query, join, seen, known) => {
      const where = await hashes.predicate(query.where, join);
      const sealed = await sealSeen(seen, join);
      const hashed = { ...query, where };
      return openNewer(known, join, (told) => entities.list(hashed, join, sealed, told));
    },
  };
};

/** What was refused has to be undone as well. */
class Refused<Result> extends Error {
  readonly result: Result;
  constructor(result: Result) {
    super("The write was refused");
    this.result = result;
  }
}

const inTransaction = async <Tx, Result extends WriteResult | BatchResult>(
  entity: string,
  store: Transacting<Tx>,
  join: Join<Tx>,
  write: (tx: Tx) => Promise<Result>,
): Promise<Result> => {
  const forgot = join === undefined ? { call: [entity, "write"] as const } : {};
  try {
    const result = await store.transaction(
      async (tx) => {
        const written = await write(tx);
        if (written.kind !== "written") throw new Refused(written);
        return written;
      },
      { entity, ...forgot },
    );
    return { ...result, durability: { kind: "committed" } };
  } catch (error) {
    if (error instanceof Refused) return error.result as Result;
    throw error;
  }
};

/**
 * The store of an entity as a repository uses it.
 *
 * @throws KeysRequiredError
 */
export const entitiesOf = <Tx>(
  model: EntityModel,
  store: Pick<Store<Tx>, "entity" | "subjects" | "transaction">,
  keys: KeyProvider | undefined,
): EntityStore<Tx> => {
  const plain = store.entity(model.plan);
  const sealing = sealingOf(model, store, keys);
  return sealing === undefined ? plain : sealedEntities(sealing, plain, store);
};
