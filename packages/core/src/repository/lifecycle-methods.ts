import type { output } from "zod/v4/core";
import type { Entity } from "../decide/entity.ts";
import type { AnyEntity, Declared } from "../define/entity-definition.ts";
import type { OnceOptions } from "./call-options.ts";

/** The calls that delete and restore; there where the definition declares a lifecycle. */
export type LifecycleMethods<
  Definition extends AnyEntity,
  Tx,
> = Declared<Definition>["lifecycle"] extends { readonly delete: infer Event extends string }
  ? DeleteMethod<Definition, Event, Tx> & RestoreMethods<Definition, Tx>
  : unknown;

type RestoreMethods<Definition extends AnyEntity, Tx> = Declared<Definition>["lifecycle"] extends {
  readonly restore: infer Event extends string;
}
  ? RestoreMethod<Definition, Event, Tx>
  : unknown;

interface DeleteMethod<Definition extends AnyEntity, Event extends string, Tx> {
  /**
   * Deletes softly: appends the declared event after whatever is pending, in the statement of `update`.
   * Nothing is lost, but every call that does not ask for deleted entities no longer finds this one, and
   * its unique values are free. Deleting what is deleted already appends nothing.
   *
   * @returns how many events were written; 0 when it was deleted already and nothing was pending.
   * @throws InvalidEventError, InvalidStateError, and what `update` throws; the deletion is then not
   * pending either.
   */
  delete(
    entity: Entity<Definition>,
    ...rest: EventArguments<Definition, Event, Tx>
  ): Promise<number>;
}

interface RestoreMethod<Definition extends AnyEntity, Event extends string, Tx> {
  /**
   * Brings a deleted entity back: appends the declared event, in the statement of `update`. Restoring
   * what is not deleted appends nothing beyond what is pending.
   *
   * @returns how many events were written; 0 when it was not deleted and nothing was pending.
   * @throws DuplicateValueError when another entity has taken a unique value of its own meanwhile;
   * InvalidEventError, InvalidStateError, and what `update` throws. It is then still deleted.
   */
  restore(
    entity: Entity<Definition>,
    ...rest: EventArguments<Definition, Event, Tx>
  ): Promise<number>;
}

/** The event's payload where it has one, which may be left out where nothing in it is required. */
type EventArguments<
  Definition extends AnyEntity,
  Event extends string,
  Tx,
> = Event extends keyof Definition["events"]
  ? PayloadArguments<output<Definition["events"][Event]>, Tx>
  : never;

type PayloadArguments<Payload, Tx> = [Payload[keyof Payload]] extends [never]
  ? [options?: OnceOptions<Tx>]
  : Record<never, never> extends Payload
    ? [payload?: Readonly<Payload>, options?: OnceOptions<Tx>]
    : [payload: Readonly<Payload>, options?: OnceOptions<Tx>];
