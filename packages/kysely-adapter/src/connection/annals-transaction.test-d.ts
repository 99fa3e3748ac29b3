import { defineCommitHook } from "@annals/core";
import type { Kysely, Transaction } from "kysely";
import { describe, expectTypeOf, it } from "vitest";
import type { AnnalsTransaction } from "./annals-transaction.ts";
import { transaction } from "./transaction.ts";

interface Database {
  jobs: { id: string };
}

declare const db: Kysely<Database>;

interface Message {
  readonly text: string;
}

const outbox = defineCommitHook({
  merge: (one: readonly Message[], other: readonly Message[]) => [...one, ...other],
  beforeCommit: (messages, tx: AnnalsTransaction<Database>) => {
    expectTypeOf(messages).toExtend<readonly Message[]>();
    expectTypeOf(
      tx.selectFrom("jobs").select("id").executeTakeFirstOrThrow(),
    ).resolves.toEqualTypeOf<{
      id: string;
    }>();
  },
});

describe("the transaction that work is given", () => {
  it("is Kysely's, with our members", () => {
    const result = transaction(db, async (tx) => {
      expectTypeOf(tx).toExtend<Transaction<Database>>();
      expectTypeOf(tx.now).toEqualTypeOf<Date>();
      tx.beforeCommit((inner) => expectTypeOf(inner).toEqualTypeOf<AnnalsTransaction<Database>>());
      // @ts-expect-error: what does not run in the transaction is given none
      tx.afterCommit((_tx) => {});
      tx.onRollback((end) => expectTypeOf(end).toEqualTypeOf<"rolledBack" | "unknown">());
      tx.addHook(outbox, [{ text: "a" }]);
      // @ts-expect-error: not what the hook takes
      tx.addHook(outbox, [{ txt: "a" }]);
      return tx.savepoint(async (inner) => {
        expectTypeOf(inner).toEqualTypeOf<AnnalsTransaction<Database>>();
        return 1;
      });
    });
    expectTypeOf(result).resolves.toEqualTypeOf<number>();
  });

  it("takes hooks for its own database only", () => {
    transaction(db as unknown as Kysely<{ others: { id: number } }>, async (tx) => {
      // @ts-expect-error: the hook writes to tables that this database does not have
      tx.addHook(outbox, []);
    });
  });
});
