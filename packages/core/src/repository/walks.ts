import type { AnyEntity } from "../define/entity-definition.ts";
import type { UntypedReadOptions } from "./call-options.ts";
import type { HistoryOptions, HistoryWalkOptions, RecordedEvent } from "./history-type.ts";
import { walkPages } from "./list-page.ts";
import type { ListOptions, Page, WalkOptions } from "./list-type.ts";

/** The calls that walks come down to, one for each page. */
interface PageCalls<Tx> {
  list(options: ListOptions<AnyEntity> & UntypedReadOptions<Tx>): Promise<Page<object>>;
  history(
    id: unknown,
    options: HistoryOptions & UntypedReadOptions<Tx>,
  ): Promise<Page<RecordedEvent<object>>>;
}

/** `pages`, `each` and `eachEvent`, over a repository's own calls. */
export const walkCalls = <Tx>(calls: PageCalls<Tx>) => {
  const pages = (
    options: WalkOptions<AnyEntity> & UntypedReadOptions<Tx> = {},
  ): AsyncGenerator<Page<object>, void, undefined> =>
    walkPages(options.after, (after) => calls.list({ ...options, after }));

  async function* each(
    options: WalkOptions<AnyEntity> & UntypedReadOptions<Tx> = {},
  ): AsyncGenerator<object, void, undefined> {
    for await (const { items } of pages(options)) yield* items;
  }

  async function* eachEvent(
    id: unknown,
    options: HistoryWalkOptions & UntypedReadOptions<Tx> = {},
  ): AsyncGenerator<RecordedEvent<object>, void, undefined> {
    const start = options.after === undefined ? undefined : String(options.after);
    const list = (after: string | undefined) => calls.history(id, { ...options, after });
    for await (const { items } of walkPages(start, list)) yield* items;
  }

  return { pages, each, eachEvent };
};
