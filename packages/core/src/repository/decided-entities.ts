import type { History } from "../decide/history.ts";
import { unwrittenBelow } from "../decide/tree-pending.ts";
import { notFoundById } from "../errors/read-errors.ts";
import type { Join } from "../port/store.ts";
import type { Finder, Place, TakingPart } from "./entity-refs.ts";
import { ownHistory } from "./own-history.ts";

/** An entity that a decision is made over, and the place it was first named at. */
export interface Decided<Tx> {
  readonly repository: TakingPart<Tx>;
  readonly entity: object;
  readonly history: History;
  readonly at: number;
}

/** A place at which there was no entity. */
export interface Absent<Tx> {
  readonly repository: TakingPart<Tx>;
  readonly finder: Finder<Tx>;
}

/** What one try of a decision is made over. */
export interface Reading<Tx> {
  /** What the decision gets, place by place. */
  readonly given: readonly unknown[];
  /** Each entity once, however often it was named. */
  readonly read: readonly Decided<Tx>[];
  readonly absent: readonly Absent<Tx>[];
  /** What the decision creates, as it does. */
  readonly created: Decided<Tx>[];
  /** Whether all of it was read at one moment. */
  readonly atOnce: boolean;
}

/** Whether anything is to be written of an entity, or below it. */
export const isChanged = <Tx>({ history }: Decided<Tx>): boolean =>
  history.hasUnwritten || unwrittenBelow(history).length > 0;

/** Reads the entities of all places: those that one repository finds by their ids in one statement. */
export const readPlaces = async <Tx>(
  places: readonly Place<Tx>[],
  tx: Join<Tx>,
): Promise<Reading<Tx>> => {
  const groups = grouped(places);
  const found = new Map<number, object | undefined>();
  await Promise.all(
    groups.map(async (group) => {
      for (const [at, entity] of await readGroup(group, tx)) found.set(at, entity);
    }),
  );
  const read = new Map<string, Decided<Tx>>();
  const absent: Absent<Tx>[] = [];
  const created: Decided<Tx>[] = [];
  const given = places.map(({ repository, finder }, at) => {
    if (finder === undefined) return creatorAt(repository, at, created);
    const entity = found.get(at);
    if (entity === undefined) {
      absent.push({ repository, finder });
      return undefined;
    }
    const history = ownHistory(repository.model, entity, "decide");
    const key = `${repository.model.plan.indexTable} ${history.id}`;
    // Named twice, it is one instance, so that nothing is decided on a state that is half the truth.
    const one = read.get(key) ?? { repository, entity, history, at };
    read.set(key, one);
    return one.entity;
  });
  return { given, read: [...read.values()], absent, created, atOnce: groups.length <= 1 };
};

const creatorAt =
  <Tx>(repository: TakingPart<Tx>, at: number, created: Decided<Tx>[]) =>
  (input: unknown, options?: { readonly id?: unknown }): object => {
    const entity = repository.writes.draft(input, options);
    const history = ownHistory(repository.model, entity, "decide");
    created.push({ repository, entity, history, at });
    return entity;
  };

/** A place at which something is looked for. */
interface Sought<Tx> extends Absent<Tx> {
  readonly at: number;
}

/** Places that are read by one call. */
const grouped = <Tx>(places: readonly Place<Tx>[]): readonly (readonly Sought<Tx>[])[] => {
  const byId = new Map<TakingPart<Tx>, Sought<Tx>[]>();
  const groups: Sought<Tx>[][] = [];
  for (const [at, { repository, finder }] of places.entries()) {
    if (finder === undefined) continue;
    const sought = { repository, finder, at };
    const isPlain = finder.by === "Id" && finder.options === undefined;
    const known = isPlain ? byId.get(repository) : undefined;
    if (known !== undefined) {
      known.push(sought);
      continue;
    }
    const group = [sought];
    groups.push(group);
    if (isPlain) byId.set(repository, group);
  }
  return groups;
};

const readGroup = async <Tx>(
  group: readonly Sought<Tx>[],
  tx: Join<Tx>,
): Promise<readonly (readonly [at: number, entity: object | undefined])[]> => {
  const [first] = group;
  if (first === undefined) return [];
  if (group.length === 1) return [[first.at, await findAt(first, tx)]];
  const { model, calls } = first.repository;
  const ids = group.map(({ finder }) => finder.value);
  const found = (await call(calls, "findAll", ids, { tx })) as ReadonlyMap<string, object>;
  return group.map(({ at, finder }) => {
    const entity = found.get(model.parseId(finder.value) ?? "");
    if (entity === undefined && !finder.isOptional)
      throw notFoundById(model.plan.name, finder.value);
    return [at, entity];
  });
};

/** Finds what one place is about. */
export const findAt = async <Tx>(
  { repository: { calls }, finder: { by, value, isOptional, options } }: Absent<Tx>,
  tx: Join<Tx>,
): Promise<object | undefined> => {
  const name = isOptional ? `maybeFindBy${by}` : `findBy${by}`;
  return (await call(calls, name, value, { ...options, tx })) as object | undefined;
};

const call = <Tx>(
  calls: TakingPart<Tx>["calls"],
  name: string,
  value: unknown,
  options: object,
): Promise<unknown> =>
  (calls[name] as (value: unknown, options: object) => Promise<unknown>)(value, options);
