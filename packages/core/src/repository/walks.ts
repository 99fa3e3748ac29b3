import type { AnyEntity } from "../define/entity-definition.ts";
import type { UntypedReadOptions } from "./call-options.ts";
import type { HistoryOptions, HistoryWalkOptions, RecordedEvent } from "./history-type.ts";
import { walkPages } from "./list-page.ts";
import type { ListOptions, Page, WalkOptions } from "./list-type.ts";

/** The calls that walks come down to, one for each page. */
interface PageCalls<Tx> {
  list(
    options: ListOptions<AnyEntity> & UntypedReadOptions<Tx>,
    once: boolean,
  ): Promise<Page<object>>;
  history(
    id: unknown,
    options: HistoryOptions & UntypedReadOptions<Tx>,
  ): Promise<Page<RecordedEvent<object>>>;
  treeHistory?(
    id: unknown,
    options: HistoryOptions & UntypedReadOptions<Tx>,
  ): Promise<Page<RecordedEvent<object>>>;
}

/** `pages`, `each`, `eachEvent` and, for trees, `eachTreeEvent`, over a repository's own calls. */
export const walkCalls = <Tx>(calls: PageCalls<Tx>) => {
  const pages = (
    options: WalkOptions<AnyEntity> & UntypedReadOptions<Tx> = {},
  ): AsyncGenerator<Page<object>, void, undefined> =>
    walkPages(options.after, (after) => calls.list({ ...options, after }, true));

  async function* each(
    options: WalkOptions<AnyEntity> & UntypedReadOptions<Tx> = {},
  ): AsyncGenerator<object, void, undefined> {
    for await (const { items } of pages(options)) yield* items;
  }

  const eachEvent = eachOf(calls.history);
  const { treeHistory } = calls;
  const own = { pages, each, eachEvent };
  return treeHistory === undefined ? own : { ...own, eachTreeEvent: eachOf(treeHistory) };
};

/** Every event of a history that comes page by page. */
const eachOf = <Tx>(page: PageCalls<Tx>["history"]) =>
  async function* (
    id: unknown,
    options: HistoryWalkOptions & UntypedReadOptions<Tx> = {},
  ): AsyncGenerator<RecordedEvent<object>, void, undefined> {
    const start = options.after === undefined ? undefined : String(options.after);
    const list = (after: string | undefined) => page(id, { ...options, after });
    for await (const { items } of walkPages(start, list)) yield* items;
  };
