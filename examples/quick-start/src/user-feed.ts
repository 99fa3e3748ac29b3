// #region define
import { binary, defineTopic } from "@annals/core";
import * as z from "zod";

/** What the rest of the company may know about users. */
export const UserFeed = defineTopic({
  name: "userFeed", // table "user_feed_events"
  events: {
    UserJoined: z.object({ userId: z.uuid(), name: z.string() }),
    UserLeft: z.object({ userId: z.uuid() }),
    PictureTaken: z.object({ userId: z.uuid(), mimeType: z.string(), picture: binary() }),
  },
  key: ({ userId }) => userId,
  partitions: { span: { days: 1 } },
  retention: { age: { days: 30 } },
  compaction: { deletedBy: ["UserLeft"] },
});

// #endregion

// #region create
import { createConsumer, createRepository, createTopic, transaction } from "@annals/kysely-adapter";
import type { Kysely } from "kysely";
import { User } from "./user.ts";

export const openFeed = (db: Kysely<unknown>) => createTopic(UserFeed, { db });
// #endregion

type Feed = ReturnType<typeof openFeed>;

// #region publish
export const publishJoined = async (feed: Feed, userId: string, requestId: string) => {
  const { published, duplicates } = await feed.publish(
    { type: "UserJoined", userId, name: "Ada" },
    { headers: { source: "sign-up" }, deduplicationKey: requestId },
  );
  return { published, duplicates }; // 1 and 0; for the same request again, 0 and 1
};
// #endregion

// #region transaction
export const publishTogether = async (db: Kysely<unknown>, feed: Feed, ids: readonly string[]) => {
  await transaction(db, async (tx) => {
    // Whatever else happens in this transaction, it happens with these events or not at all.
    await feed.publishAll(
      ids.map((userId) => ({ event: { type: "UserJoined", userId, name: "Ada" } })),
      { tx },
    );
  });
};
// #endregion

// #region latest
export const latestOf = async (feed: Feed, userId: string) => {
  const latest = await feed.latest(userId); // undefined after UserLeft
  return latest?.event.type;
};
// #endregion

// #region bridge
/** Tells others what they may know: the private events stay as free as before. */
export const openBridge = (db: Kysely<unknown>, feed: Feed) =>
  createConsumer(db, {
    name: "user-feed",
    topics: [User],
    on: {
      UserRegistered: async ({ name }, { entityId: userId, tx }) => {
        await feed.publish({ type: "UserJoined", userId, name }, { tx });
      },
      UserSuspended: async (_event, { entityId: userId, tx }) => {
        await feed.publish({ type: "UserLeft", userId }, { tx });
      },
    },
  });
// #endregion

// #region hook
/** The same in the transaction that appends: whoever sees the user sees the public event. */
export const openUsers = (db: Kysely<unknown>, feed: Feed) =>
  createRepository(User, {
    db,
    onAppended: async (tx, { id: userId }, events) => {
      for (const { event } of events) {
        if (event.type !== "UserRegistered") continue;
        await feed.publish({ type: "UserJoined", userId, name: event.name }, { tx });
      }
    },
  });
// #endregion

// #region maintain
/** Call it every minute or so, in every process. */
export const maintainFeed = async (feed: Feed): Promise<string | undefined> => {
  const { held } = await feed.maintain();
  // Worth an alert: what these consumers have not handled takes up space.
  return held && `partition ${held.partition} waits for ${held.consumers.join(", ")}`;
};
// #endregion

// #region follow
export const followFeed = (db: Kysely<unknown>, greet: (name: string, key: string) => void) =>
  createConsumer(db, {
    name: "greetings",
    topics: [UserFeed],
    on: {
      UserJoined: ({ name }, { key, headers }) => {
        if (headers.source === "sign-up") greet(name, key);
      },
    },
  });
// #endregion
