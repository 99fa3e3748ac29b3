import {
  ConcurrentModificationError,
  DuplicateValueError,
  EntityAlreadyExistsError,
} from "../errors/append-errors.ts";
import { InvalidArgumentError } from "../errors/read-errors.ts";
import type { Idempotency } from "../port/rows.ts";
import type { Join } from "../port/store.ts";
import type { Decide, DecisionResult } from "./consistency-boundary-type.ts";
import { type Reading, readPlaces } from "./decided-entities.ts";
import { type Place, placesOf, type TakingPart } from "./entity-refs.ts";
import type { IdempotencyOptions } from "./idempotency.ts";
import { type RetryOptions, retried, retryProblem, type Try } from "./retry.ts";
import { confirmReading, KnownRequest, writeDecided } from "./write-decided.ts";

type Decision = (...given: readonly unknown[]) => unknown;

type UntypedOptions = RetryOptions & IdempotencyOptions & { readonly tx?: Join<never> };

const decideOver = async (
  refs: unknown,
  decision: Decision,
  options: UntypedOptions = {},
): Promise<DecisionResult<unknown>> => {
  const places = placesOf<never>(refs);
  const { repository } = places[0] as Place<never>;
  const problem = retryProblem(options);
  if (problem !== undefined) {
    throw invalid(repository, problem, "Leave it out for the default.");
  }
  const idempotency =
    options.idempotencyKey === undefined ? undefined : await keyOf(places, options);
  const once = () => tryOnce(places, decision, options.tx, idempotency);
  return retried(once, repository.clock, options);
};

/**
 * Decides once over several entities: reads them, calls `decision` with them, and stores what it changed
 * only if every one of them, the unchanged ones too, is still as it was read. When one is not, all of it
 * is done again, a bounded number of times.
 *
 * @param refs what `byId()`, `maybeById()`, `byEmail()` and the like, and `creator()` of repositories return.
 * @param decision gets the entities in the order of the list. It may be called several times, each time
 * with the entities as they then are, so it must do nothing but call their commands. What it throws ends
 * it, and nothing is written.
 *
 * @returns what `decision` returned the last time, and whether the call was a repetition by its key.
 * @throws EntityNotFoundError; ConcurrentModificationError when the attempts are used up; what commands
 * and `update` throw, with the `batchIndex` of the place in the list; IdempotencyKeyReusedError.
 * @example
 * await decide([accounts.byId(a), accounts.byId(b)], (from, to) => {
 *   from.withdraw(10);
 *   to.deposit(10);
 * });
 */
export const decide: Decide = decideOver as Decide;

const tryOnce = async (
  places: readonly Place<never>[],
  decision: Decision,
  tx: Join<never>,
  idempotency: Idempotency | undefined,
): Promise<Try<DecisionResult<unknown>>> => {
  const [{ repository }] = places as readonly [Place<never>, ...Place<never>[]];
  let reading: Reading<never> | undefined;
  try {
    reading = await readPlaces(places, tx);
    const result = await decided(reading, decision, repository, tx);
    await writeDecided(reading, repository.together, tx, idempotency);
    return { kind: "done", result: { result, replayed: false } };
  } catch (error) {
    if (error instanceof KnownRequest) return { kind: "done", result: REPLAYED };
    if (idempotency !== undefined) {
      const isKnown = await repository.writes.earlierOr(error, idempotency, tx).then(
        () => true,
        (failure: unknown) => {
          if (failure !== error) throw failure;
        },
      );
      if (isKnown) return { kind: "done", result: REPLAYED };
    }
    if (isOutrun(error, repository, reading)) return { kind: "conflict", error };
    throw error;
  }
};

const REPLAYED = { result: undefined, replayed: true } as const;

/** A refusal counts only where what it rests on was true. */
const decided = async (
  reading: Reading<never>,
  decision: Decision,
  { together }: TakingPart<never>,
  tx: Join<never>,
): Promise<unknown> => {
  try {
    return await decision(...reading.given);
  } catch (refusal) {
    await confirmReading(reading, together, tx);
    throw refusal;
  }
};

/** Whether another try may see something else: also who was absent when a value of hers is taken now. */
const isOutrun = (
  error: unknown,
  { isLostRace }: TakingPart<never>,
  reading: Reading<never> | undefined,
): error is Error => {
  if (error instanceof ConcurrentModificationError || isLostRace(error)) return true;
  if (!(error instanceof DuplicateValueError || error instanceof EntityAlreadyExistsError)) {
    return false;
  }
  return (
    reading?.absent.some(({ repository }) => repository.model.plan.name === error.entity) ?? false
  );
};

const keyOf = (
  places: readonly Place<never>[],
  options: IdempotencyOptions,
): Promise<Idempotency> => {
  const [{ repository, finder }] = places as readonly [Place<never>, ...Place<never>[]];
  if (finder === undefined || finder.isOptional) {
    throw invalid(
      repository,
      "an idempotency key was given to decide(), but the first entity of the list may not exist",
      "Put an entity first that is found by byId() or the like: the key belongs to it.",
    );
  }
  const about = places.map(({ repository: { model }, finder: sought }) => [
    model.plan.name,
    sought === undefined ? "new" : sought.by,
    sought?.by === "Id" ? (model.parseId(sought.value) ?? sought.value) : sought?.value,
  ]);
  return repository.keys.of(options, "decide", undefined, about);
};

const invalid = (
  { model }: TakingPart<never>,
  problem: string,
  hint: string,
): InvalidArgumentError => new InvalidArgumentError(model.plan.name, problem, hint);
