import type { Clock } from "../port/clock.ts";
import { isJoined } from "../port/joined.ts";
import type { Join, Store } from "../port/store.ts";
import type { TransactionHooks } from "../transaction/transaction-hooks.ts";

/**
 * Runs what takes several statements and is one change: in a transaction, or in a savepoint of the one it
 * joins, where what is refused halfway must leave nothing although the caller goes on.
 */
export type Together<Tx> = <Result>(
  call: string,
  join: Join<Tx>,
  work: (tx: Join<Tx>) => Promise<Result>,
) => Promise<Result>;

export const togetherOn =
  <Tx, Opened extends Tx>(
    entity: string,
    store: Pick<Store<Tx, Opened>, "transaction" | "opened">,
    clock: Clock | undefined,
  ): Together<Tx> =>
  (call, join, work) => {
    if (isJoined(join)) {
      const opened = store.opened(join) as unknown as TransactionHooks<Opened>;
      return opened.savepoint(work);
    }
    const forgot = join === undefined ? { call: [entity, call] as const } : {};
    return store.transaction(work, { entity, clock, ...forgot });
  };
