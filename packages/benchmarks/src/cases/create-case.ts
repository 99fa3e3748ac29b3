import { createRepository } from "@annals/kysely-adapter";
import { expectOneRow, inTransaction } from "../by-hand/in-transaction.ts";
import { recordStatement } from "../by-hand/recorded-statement.ts";
import { createStatement, transactionStatements } from "../by-hand/write-statements.ts";
import type { BenchmarkDatabase, UserRepository } from "../database.ts";
import { User } from "../entity.ts";
import { newId } from "../fresh-values.ts";
import type { Variant } from "../measure/interleave.ts";
import { peersOf } from "../peers/all-peers.ts";
import type { PeerUsers } from "../peers/peer-users.ts";
import type { Tables } from "../tables.ts";
import type { CaseSource } from "./benchmark-case.ts";

/** Creates a user with one event. */
export const createCase: CaseSource = {
  name: "create",
  unit: "entities",
  prepare: async (database) => {
    const floor = byStatement("by hand, one statement", database, "guarded");
    const variants: readonly Variant[] = [
      byRepository("annals", database.users),
      byRepository("annals, two lanes", database.usersTwoLanes),
      byRepository("annals, one by one", database.usersOneByOne),
      byRepository("annals, guards minimal", database.usersMinimallyGuarded),
      byRepository("annals, stock pool", database.usersUnprepared),
      floor,
      await byOurStatement("by hand, our statement", database),
      byTransaction("by hand, 4 round trips", database),
      byStatement("by hand, guards minimal", database, "minimal"),
      byStatement("by hand, bare tables", database, "bare"),
      ...(await peersOf(database)).map(byPeer),
    ];
    return { floor, variants };
  },
};

let count = 0;

const newInput = () => {
  count += 1;
  return { email: `created-${count}@example.com`, name: `Name ${count}` };
};

const registered = (input: { readonly email: string; readonly name: string }): string =>
  JSON.stringify({ type: "UserRegistered", ...input });

const byRepository = (name: string, users: UserRepository): Variant => ({
  name,
  run: () => users.create(newInput()),
});

const byStatement = (name: string, { pool }: BenchmarkDatabase, tables: Tables): Variant => {
  const statement = createStatement(tables);
  return {
    name,
    run: async () => {
      const input = newInput();
      const values = [newId(), input.email, "active", registered(input)];
      expectOneRow(await pool.query({ ...statement, values }));
    },
  };
};

const byOurStatement = async (name: string, { pool }: BenchmarkDatabase): Promise<Variant> => {
  const query = await recordStatement(pool, async (db) => {
    const users = createRepository(User, { db: db.withSchema("guarded") });
    const input = newInput();
    const { id } = await users.create(input);
    return { id, email: input.email, event: registered(input) };
  });
  return {
    name,
    run: async () => {
      const input = newInput();
      const values = { id: newId(), email: input.email, event: registered(input) };
      expectOneRow(await pool.query(query(values)));
    },
  };
};

const byPeer = (peer: PeerUsers): Variant => ({
  name: peer.name,
  run: () => peer.create(newId(), newInput()),
});

const byTransaction = (name: string, { pool }: BenchmarkDatabase): Variant => {
  const { insertUser, insertEvent } = transactionStatements("guarded");
  return {
    name,
    run: () =>
      inTransaction(pool, async (client) => {
        const id = newId();
        const input = newInput();
        await client.query({ ...insertUser, values: [id, input.email, "active"] });
        await client.query({ ...insertEvent, values: [id, 1, registered(input)] });
      }),
  };
};
