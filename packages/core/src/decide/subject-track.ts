import type { EntityModel } from "../define/entity-model.ts";

/**
 * Whether the personal values of an entity are all about one subject, where a field of its state names it. A
 * snapshot is sealed with the key of one: of several, it could be read after one of them was forgotten.
 */
export class SubjectTrack {
  readonly #field: string;
  #last: unknown;
  #hasChanged = false;

  private constructor(field: string) {
    this.#field = field;
  }

  /** The track of an entity that has seen no state; `undefined` where there is nothing to be told by it. */
  static of({ plan, erasure }: EntityModel): SubjectTrack | undefined {
    const field = plan.snapshot && erasure?.field;
    return field === undefined ? undefined : new SubjectTrack(field);
  }

  /** Another one that goes on from here. */
  copy(): SubjectTrack {
    const copied = new SubjectTrack(this.#field);
    copied.#last = this.#last;
    copied.#hasChanged = this.#hasChanged;
    return copied;
  }

  /** Whether the state has named several, one after the other. */
  get hasChanged(): boolean {
    return this.#hasChanged;
  }

  /** Looks whom a state names. */
  see(state: object | undefined): void {
    const named = (state as Readonly<Record<string, unknown>> | undefined)?.[this.#field];
    if (named === undefined || named === null || named === "") return;
    this.#hasChanged ||= this.#last !== undefined && this.#last !== named;
    this.#last = named;
  }
}
