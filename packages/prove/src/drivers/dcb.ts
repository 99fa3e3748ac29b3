import {
  AppendConditionError,
  type DcbEvent,
  type EventHandler,
  Query,
  SequencePosition,
  Tags,
} from "@dcb-es/event-store";
import {
  ensureHandlersInstalled,
  PostgresEventStore,
  runHandler,
} from "@dcb-es/event-store-postgres";
import type pg from "pg";
import {
  type Connection,
  type Delivered,
  type Driver,
  VersionConflict,
  type Writer,
} from "../driver.ts";
import { survivingPool } from "./broken-connections.ts";
import { peerVersion } from "./peer-version.ts";

type Noted = DcbEvent<"Noted", Tags, Delivered, unknown>;

const HANDLER = "prove";
const BOOKMARKS = "_handler_bookmarks";

export interface DcbVariant {
  readonly name: string;
  readonly options: string;
  /** How long readers reuse what they found about writers, in milliseconds. Default is the store's. */
  readonly hwmCacheTtlMs?: number;
}

const storeOn = (pool: pg.Pool, { hwmCacheTtlMs }: DcbVariant): PostgresEventStore =>
  new PostgresEventStore({ pool, ...(hwmCacheTtlMs !== undefined && { hwmCacheTtlMs }) });

const openWriter = ({ connectionString, connections }: Connection, variant: DcbVariant): Writer => {
  const pool = survivingPool(connectionString, connections);
  const store = storeOn(pool, variant);
  return {
    read: async (stream) => {
      const tags = Tags.fromObj({ stream });
      const failIfEventsMatch = Query.fromItems([{ types: ["Noted"], tags }]);
      const ids: number[] = [];
      let after = SequencePosition.initial();
      for await (const { event, position } of store.read(failIfEventsMatch)) {
        ids.push((event.data as Delivered).id);
        after = position;
      }
      return {
        ids,
        append: async (added) => {
          const events = added.map((id) => ({
            type: "Noted",
            tags,
            data: { stream, id },
            metadata: {},
          }));
          await store
            .append({ events, condition: { failIfEventsMatch, after } })
            .catch((error: unknown) => {
              throw error instanceof AppendConditionError
                ? new VersionConflict("", { cause: error })
                : error;
            });
        },
      };
    },
    close: () => pool.end(),
  };
};

export const dcbDriver = (variant: DcbVariant): Driver => ({
  name: variant.name,
  version: peerVersion("@dcb-es/event-store-postgres"),
  options: variant.options,
  install: async (connectionString) => {
    const pool = survivingPool(connectionString, 2);
    await storeOn(pool, variant).ensureInstalled();
    await ensureHandlersInstalled(pool, [HANDLER], BOOKMARKS);
    await pool.end();
  },
  openWriter: (connection) => openWriter(connection, variant),
  follow: async ({ connectionString }, deliver, signal) => {
    const pool = survivingPool(connectionString, 4);
    try {
      const { promise } = runHandler({
        pool,
        eventStore: storeOn(pool, variant),
        handlerName: HANDLER,
        bookmarkTableName: BOOKMARKS,
        handlerFactory: (client): EventHandler<Noted> => ({
          when: {
            Noted: async ({ event: { data } }) => {
              await deliver([data], (text, values) => client.query(text, values));
            },
          },
        }),
        signal,
      });
      await promise;
    } finally {
      await pool.end();
    }
  },
});
