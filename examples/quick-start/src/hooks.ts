import { defineCommitHook, type IdOf, type Repository } from "@annals/core";
import { type AnnalsTransaction, createRepository, transaction } from "@annals/kysely-adapter";
import type { Kysely, Transaction } from "kysely";
import { User } from "./user.ts";

interface Database {
  outbox: { topic: string; payload: string };
}

type Tx = AnnalsTransaction<Database>;
type Users = Repository<typeof User, Transaction<Database>>;

// #region kind
interface Message {
  readonly topic: string;
  readonly payload: string;
}

export const outbox = defineCommitHook({
  merge: (one: Message[], other: Message[]) => [...one, ...other],
  beforeCommit: async (messages, tx: AnnalsTransaction<Database>) => {
    await tx.insertInto("outbox").values(messages).execute(); // one statement, however many were added
  },
});

export const publish = (tx: Tx, topic: string, payload: object) =>
  tx.addHook(outbox, [{ topic, payload: JSON.stringify(payload) }]);
// #endregion

// #region hooks
export const signUp = (
  db: Kysely<Database>,
  users: Users,
  cache: Map<string, number>,
  emails: readonly string[],
) =>
  transaction(db, async (tx) => {
    for (const email of emails) {
      const user = await users.create({ email, name: email }, { tx });
      publish(tx, "signed-up", { id: user.id });
    }
    tx.afterCommit(() => cache.delete("number of users"));
    tx.onRollback((end) => {
      if (end === "unknown") cache.clear(); // the connection broke at COMMIT: nobody can tell
    });
  });
// #endregion

// #region savepoints
export const importUsers = (db: Kysely<Database>, users: Users, emails: readonly string[]) =>
  transaction(db, async (tx) => {
    const failed = new Map<string, unknown>();
    for (const email of emails) {
      try {
        await tx.savepoint((inner) => users.create({ email, name: email }, { tx: inner }));
      } catch (error) {
        failed.set(email, error); // this one is undone; the others stand
      }
    }
    return failed;
  });
// #endregion

// #region repository
export const publishingUsers = (db: Kysely<Database>) =>
  createRepository(User, {
    db,
    onAppended: (tx, user, events) => {
      for (const { event, sequence } of events) {
        publish(tx, event.type, { id: user.id, sequence }); // stored with the events, or not at all
      }
    },
    onHydrated: (user) => {
      if (!user.state.email.includes("@")) throw new Error("stored before emails were checked");
    },
  });
// #endregion

// #region required
export const rename = (db: Kysely<Database>, id: IdOf<typeof User>, email: string) => {
  const users = createRepository(User, { db, requireTransaction: true });
  return transaction(db, async (tx) => {
    const user = await users.findById(id, { tx }); // without { tx } it does not compile
    user.changeEmail(email);
    await users.update(user, { tx });
  });
};
// #endregion
