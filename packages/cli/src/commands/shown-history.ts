import type {
  AnyEntity,
  AsOf,
  ReadOptions,
  RecordedEvent,
  Repository,
  TreeEvent,
  TreeHistoryMethods,
} from "@annals/core";
import { deletedToo } from "./find-entity.ts";

/** An event, and in a tree whose it is. */
export type ShownEvent = RecordedEvent<object> & Partial<TreeEvent<string, string, string, object>>;

export interface ShownHistory {
  readonly items: readonly ShownEvent[];
  /** Whether there are older ones. */
  readonly hasMore: boolean;
}

const WALKED_AT_ONCE = 500;

/** The newest events of an entity, or of a tree: all, or those of its past at a version. */
export const newestEvents = async (
  repository: Repository<AnyEntity, never>,
  { id, version }: { readonly id: string; readonly version: number },
  { last, asOf }: { readonly last: number; readonly asOf: AsOf | undefined },
): Promise<ShownHistory> => {
  if (isTree(repository)) {
    if (asOf !== undefined) return newestBefore(repository, id, last, asOf);
    const page = await repository.treeHistory(id, { ...deletedToo, last });
    return { items: page.items, hasMore: page.hasPreviousPage };
  }
  const before = asOf === undefined ? {} : { before: version + 1 };
  const page = await repository.history(id, { ...deletedToo, last, ...before });
  return { items: page.items, hasMore: page.hasPreviousPage };
};

/** Where the past of a tree ends is known by walking to it. */
const newestBefore = async (
  repository: TreeReads,
  id: string,
  last: number,
  asOf: AsOf,
): Promise<ShownHistory> => {
  const items: ShownEvent[] = [];
  let hasMore = false;
  for await (const event of repository.eachTreeEvent(id, {
    ...deletedToo,
    first: WALKED_AT_ONCE,
  })) {
    if (isBeyond(event, id, asOf)) break;
    items.push(event);
    if (items.length > last) {
      items.shift();
      hasMore = true;
    }
  }
  return { items, hasMore };
};

const isBeyond = (event: ShownEvent, rootId: string, asOf: AsOf): boolean => {
  if (asOf instanceof Date) return event.recordedAt > asOf;
  if ("position" in asOf) return event.position > asOf.position;
  return event.entityId === rootId && event.sequence > asOf.version;
};

type TreeReads = TreeHistoryMethods<
  string,
  TreeEvent<string, string, string, object>,
  ReadOptions<AnyEntity, never>
>;

const isTree = (repository: object): repository is TreeReads => "treeHistory" in repository;
