import type { EntityModel } from "../define/entity-model.ts";
import { ConcurrentModificationError } from "../errors/append-errors.ts";
import { InvalidArgumentError } from "../errors/read-errors.ts";
import type { Clock } from "../port/clock.ts";
import type { Idempotency } from "../port/rows.ts";
import type { Join } from "../port/store.ts";
import type { CallOptions, HistoryOption } from "./call-options.ts";
import type { IdempotencyKeys, IdempotencyOptions } from "./idempotency.ts";
import { type RetryOptions, retried, retryProblem, type Try } from "./retry.ts";
import type { Writes } from "./writes.ts";

/** What a transact comes down to. */
interface TransactCalls<Tx> extends Pick<Writes<Tx>, "update" | "updateOnce" | "earlierOr"> {
  findById(id: unknown, options: CallOptions<Tx> & HistoryOption): Promise<object>;
  readonly keys: IdempotencyKeys;
}

type Transacted =
  | { readonly entity: object; readonly result: unknown; readonly replayed: false }
  | { readonly entity: object; readonly result: undefined; readonly replayed: true };

/** `repository.transact`, over a repository's own calls. */
export const transactCall =
  <Tx>(model: EntityModel, clock: Clock, calls: TransactCalls<Tx>) =>
  async (
    target: unknown,
    decide: (entity: object) => unknown,
    options: RetryOptions & CallOptions<Tx> & IdempotencyOptions & HistoryOption = {},
  ): Promise<Transacted> => {
    const problem = retryProblem(options);
    if (problem !== undefined) {
      throw new InvalidArgumentError(model.plan.name, problem, "Leave it out for the default.");
    }
    const call = options.tx === undefined ? {} : { tx: options.tx };
    const reading = options.history === undefined ? call : { ...call, history: options.history };
    const find = typeof target === "function" ? target : () => calls.findById(target, reading);
    const decided = async (): Promise<Transacted> => {
      const entity: object = await find(reading);
      return { entity, result: await decide(entity), replayed: false };
    };
    if (options.idempotencyKey === undefined) {
      const once = async () => {
        const transacted = await decided();
        return tried(async () => {
          await calls.update(transacted.entity, call);
          return transacted;
        });
      };
      return retried(once, clock, options);
    }
    // Whom a finder finds may have changed by the time the request is repeated.
    const id = typeof target === "function" ? undefined : (model.parseId(target) ?? target);
    const idempotency = await calls.keys.of(options, "transact", id, undefined);
    return retried(() => transactOnce(calls, decided, idempotency, options.tx), clock, options);
  };

/** On a repetition it does not matter what is decided, not even when it is refused. */
const transactOnce = async <Tx>(
  calls: TransactCalls<Tx>,
  decided: () => Promise<Transacted>,
  idempotency: Idempotency,
  tx: Join<Tx>,
): Promise<Try<Transacted>> => {
  let transacted: Transacted;
  try {
    transacted = await decided();
  } catch (error) {
    return { kind: "done", result: replayed(await calls.earlierOr(error, idempotency, tx)) };
  }
  return tried(async () => {
    const earlier = await calls.updateOnce(transacted.entity, idempotency, tx);
    return earlier === undefined ? transacted : replayed(earlier);
  });
};

const replayed = (entity: object): Transacted => ({ entity, result: undefined, replayed: true });

const tried = async <Result>(store: () => Promise<Result>): Promise<Try<Result>> => {
  try {
    return { kind: "done", result: await store() };
  } catch (error) {
    if (error instanceof ConcurrentModificationError) return { kind: "conflict", error };
    throw error;
  }
};
