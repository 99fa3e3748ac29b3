import type { EntityModel } from "../define/entity-model.ts";
import { InvalidArgumentError } from "../errors/read-errors.ts";
import type { Clock } from "../port/clock.ts";
import type { EntityStore } from "../port/store.ts";
import type { Batches } from "./batches.ts";
import type { UntypedReadOptions } from "./call-options.ts";
import { finderName } from "./column-methods.ts";
import type { IdempotencyKeys } from "./idempotency.ts";
import type { Together } from "./together.ts";
import type { Writes } from "./writes.ts";

/** What a decision over several entities needs of a repository whose entities take part in it. */
export interface TakingPart<Tx> {
  readonly model: EntityModel;
  readonly clock: Clock;
  readonly keys: IdempotencyKeys;
  readonly together: Together<Tx>;
  readonly isLostRace: (error: unknown) => boolean;
  readonly entities: EntityStore<Tx>;
  readonly calls: Readonly<Record<string, (...args: never[]) => Promise<unknown>>>;
  readonly writes: Writes<Tx>;
  readonly batches: Batches<Tx>;
}

/** What stands at one place of the list that a decision is made over. */
export interface Place<Tx> {
  readonly repository: TakingPart<Tx>;
  /** How the entity is found; `undefined` where new ones are created. */
  readonly finder: Finder<Tx> | undefined;
}

export interface Finder<Tx> {
  /** `Id`, or what the repository's finders are named after. */
  readonly by: string;
  readonly value: unknown;
  /** Whether there may be none. */
  readonly isOptional: boolean;
  readonly options: UntypedReadOptions<Tx> | undefined;
}

const places = new WeakMap<object, Place<never>>();

/** The calls of a repository that only say which entities a decision is about. */
export const entityRefs = <Tx>(repository: TakingPart<Tx>): Record<string, unknown> => {
  const { uniques } = repository.model.plan;
  const finders = ["Id", ...uniques.map(finderName)].flatMap((by) =>
    ([`by${by}`, `maybeBy${by}`] as const).map((name, at) => [
      name,
      (value: unknown, options?: UntypedReadOptions<Tx>) =>
        refTo({ repository, finder: { by, value, isOptional: at === 1, options } }),
    ]),
  );
  return {
    ...Object.fromEntries(finders),
    creator: () => refTo({ repository, finder: undefined }),
  };
};

const refTo = <Tx>(place: Place<Tx>): object => {
  const ref = Object.freeze({});
  places.set(ref, place as unknown as Place<never>);
  return ref;
};

/** @throws InvalidArgumentError for what no repository made. */
export const placesOf = <Tx>(refs: unknown): readonly Place<Tx>[] => {
  const list: readonly unknown[] = Array.isArray(refs) ? refs : [];
  const known = list.flatMap((ref) => places.get(Object(ref)) ?? []);
  if (known.length > 0 && known.length === list.length) {
    return known as unknown as readonly Place<Tx>[];
  }
  throw new InvalidArgumentError(
    "decide",
    list.length === 0
      ? "it was given no entities"
      : "it was given something that is no entity's place",
    "Pass a list of what byId(), the others of its kind, and creator() of repositories return.",
  );
};
