import type { EntityModel } from "../define/entity-model.ts";
import { ConcurrentModificationError } from "../errors/append-errors.ts";
import { InvalidArgumentError } from "../errors/read-errors.ts";
import type { Clock } from "../port/clock.ts";
import type { CallOptions } from "./call-options.ts";
import { type RetryOptions, retried, retryProblem, type Try } from "./retry.ts";

/** The calls that a transact comes down to. */
interface TransactCalls<Tx> {
  findById(id: unknown, options: CallOptions<Tx>): Promise<object>;
  update(entity: object, options: CallOptions<Tx>): Promise<number>;
}

interface Transacted {
  readonly entity: object;
  readonly result: unknown;
}

/** `repository.transact`, over a repository's own calls. */
export const transactCall =
  <Tx>(model: EntityModel, clock: Clock, calls: TransactCalls<Tx>) =>
  (
    target: unknown,
    decide: (entity: object) => unknown,
    options: RetryOptions & CallOptions<Tx> = {},
  ): Promise<Transacted> => {
    const call = options.tx === undefined ? {} : { tx: options.tx };
    const find = typeof target === "function" ? target : () => calls.findById(target, call);
    const once = async (): Promise<Try<Transacted>> => {
      const entity: object = await find(call);
      const result = await decide(entity);
      try {
        await calls.update(entity, call);
        return { kind: "done", result: { entity, result } };
      } catch (error) {
        if (error instanceof ConcurrentModificationError) return { kind: "conflict", error };
        throw error;
      }
    };
    const problem = retryProblem(options);
    if (problem === undefined) return retried(once, clock, options);
    const hint = "Leave it out for the default.";
    return Promise.reject(new InvalidArgumentError(model.plan.name, problem, hint));
  };
