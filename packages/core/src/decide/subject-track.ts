import type { EntityModel } from "../define/entity-model.ts";

/**
 * Whether the personal values of an entity are all about one subject, where a field of its state names it. A
 * snapshot is sealed with the key of one: of several, it could be read after one of them was forgotten.
 */
export class SubjectTrack {
  readonly #field: string | undefined;
  #last: unknown;
  #hasChanged = false;

  constructor({ plan, erasure }: EntityModel) {
    this.#field = plan.snapshot && erasure?.field;
  }

  /** Another one that goes on from here. */
  copy(model: EntityModel): SubjectTrack {
    const copied = new SubjectTrack(model);
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
    if (this.#field === undefined) return;
    const named = (state as Readonly<Record<string, unknown>> | undefined)?.[this.#field];
    if (named === undefined || named === null || named === "") return;
    this.#hasChanged ||= this.#last !== undefined && this.#last !== named;
    this.#last = named;
  }
}
