import { scopeValues } from "../append/scope-values.ts";
import { AnnalsError, atBatchIndex } from "../errors/annals-error.ts";
import { ConcurrentModificationError } from "../errors/append-errors.ts";
import type { Idempotency, ReadEntity } from "../port/rows.ts";
import type { Join } from "../port/store.ts";
import { type Decided, findAt, isChanged, type Reading } from "./decided-entities.ts";
import type { TakingPart } from "./entity-refs.ts";
import type { Together } from "./together.ts";

/** The request of a decision was known by its key, so that nothing of it is to be kept. */
export class KnownRequest extends Error {}

/**
 * Stores what was decided if every entity is still as it was read. Where one statement does both, it is
 * that one; otherwise all entities are held first, in one order for everybody, and then written kind by
 * kind.
 *
 * @throws ConcurrentModificationError when one is not; KnownRequest.
 */
export const writeDecided = async <Tx>(
  reading: Reading<Tx>,
  together: Together<Tx>,
  join: Join<Tx>,
  idempotency: Idempotency | undefined,
): Promise<void> => {
  const changed = reading.read.filter(isChanged);
  const isAlone = changed.length === reading.read.length && reading.absent.length === 0;
  const batches = batchesOf(changed, reading.created);
  const [only] = batches;
  if (idempotency === undefined && batches.length === 0) {
    return confirmReading(reading, together, join);
  }
  if (idempotency === undefined && isAlone && batches.length === 1 && only !== undefined) {
    return writeBatch(only, join);
  }
  const keyed = idempotency === undefined ? undefined : reading.read[0];
  await together("decide", join, async (tx) => {
    await holdAll(reading, tx, keyed);
    if (idempotency !== undefined && keyed !== undefined) await writeKey(keyed, idempotency, tx);
    for (const { creates, members } of batches) {
      const left = members.filter((member) => member !== keyed);
      if (left.length > 0) await writeBatch({ creates, members: left }, tx);
    }
  });
};

/**
 * Makes sure that a decision which writes nothing was made over entities that were so at one moment.
 *
 * @throws ConcurrentModificationError
 */
export const confirmReading = async <Tx>(
  reading: Reading<Tx>,
  together: Together<Tx>,
  join: Join<Tx>,
): Promise<void> => {
  if (reading.atOnce) return;
  await together("decide", join, (tx) => holdAll(reading, tx));
};

/** Holds every entity, and looks again for those that were not there. */
const holdAll = async <Tx>(
  { read, absent }: Reading<Tx>,
  tx: Join<Tx>,
  keyed?: Decided<Tx>,
): Promise<void> => {
  for (const run of inOneOrder(read)) await holdRun(run, tx, keyed);
  for (const place of absent) {
    const found = (await findAt(place, tx)) as { readonly id: string } | undefined;
    if (found !== undefined) throw outrun(place.repository, found.id, 0);
  }
};

const holdRun = async <Tx>(
  run: readonly Decided<Tx>[],
  tx: Join<Tx>,
  keyed: Decided<Tx> | undefined,
): Promise<void> => {
  const read = run.map((one) => asRead(one, one === keyed || isChanged(one)));
  const result = await run[0]?.repository.entities.hold(read, tx);
  const outran = result?.kind === "conflict" ? run[result.at] : undefined;
  if (outran === undefined) return;
  const { repository, history, at } = outran;
  throw atBatchIndex(outrun(repository, history.id, history.version), at);
};

const asRead = <Tx>({ history }: Decided<Tx>, writes: boolean): ReadEntity => ({
  id: history.id,
  scope: scopeValues(history.model, history),
  version: history.version,
  revision: history.revision,
  writes,
});

/** By table and id, as far as one repository holds what follows one another. */
const inOneOrder = <Tx>(read: readonly Decided<Tx>[]): readonly (readonly Decided<Tx>[])[] => {
  const key = ({ history: { model, id } }: Decided<Tx>) => `${model.plan.indexTable} ${id}`;
  const runs: Decided<Tx>[][] = [];
  for (const one of read.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))) {
    const last = runs.at(-1);
    if (last?.[0]?.repository === one.repository) last.push(one);
    else runs.push([one]);
  }
  return runs;
};

const outrun = <Tx>(
  { model }: TakingPart<Tx>,
  id: string,
  expectedVersion: number,
): ConcurrentModificationError =>
  new ConcurrentModificationError({ entity: model.plan.name, id, expectedVersion });

/** What one statement of one repository writes. */
interface Batch<Tx> {
  readonly creates: boolean;
  readonly members: readonly Decided<Tx>[];
}

/** What is changed comes before what is new, which may take a value that was given up. */
const batchesOf = <Tx>(
  changed: readonly Decided<Tx>[],
  created: readonly Decided<Tx>[],
): readonly Batch<Tx>[] =>
  [changed, created].flatMap((all, at) =>
    [...Map.groupBy(all, ({ repository }) => repository).values()].map((members) => ({
      creates: at === 1,
      members,
    })),
  );

const writeKey = async <Tx>(
  { repository, entity }: Decided<Tx>,
  idempotency: Idempotency,
  tx: Join<Tx>,
): Promise<void> => {
  if (await repository.writes.updateWithKey(entity, idempotency, tx)) throw new KnownRequest();
};

const writeBatch = async <Tx>({ creates, members }: Batch<Tx>, tx: Join<Tx>): Promise<void> => {
  const [first] = members as readonly [Decided<Tx>, ...Decided<Tx>[]];
  const { calls, batches } = first.repository;
  const options = tx === undefined ? {} : { tx };
  const entities = members.map(({ entity }) => entity);
  try {
    if (members.length === 1) await update(calls, "update", first.entity, options);
    else if (creates) await batches.createDrafts(entities, options);
    else await update(calls, "updateAll", entities, options);
  } catch (error) {
    throw atPlace(members, error);
  }
};

const update = <Tx>(
  calls: TakingPart<Tx>["calls"],
  name: "update" | "updateAll",
  given: unknown,
  options: object,
): Promise<unknown> =>
  (calls[name] as (given: unknown, options: object) => Promise<unknown>)(given, options);

/** A member of a batch is known to the caller by its place in the list of the decision. */
const atPlace = <Tx>(members: readonly Decided<Tx>[], error: unknown): unknown => {
  if (!(error instanceof AnnalsError)) return error;
  const member = members.length === 1 ? members[0] : members[error.batchIndex ?? -1];
  return member === undefined ? error : atBatchIndex(error, member.at);
};
