import type { FoldedEvents, LoadedEvents } from "../decide/loaded-events.ts";
import { SubjectTrack } from "../decide/subject-track.ts";
import type { EntityModel } from "../define/entity-model.ts";
import type { JsonObject } from "../define/json-value.ts";
import { AnnalsError } from "../errors/annals-error.ts";
import { type DecodedEvent, decodeEvent, isUpcast } from "./decode-event.ts";
import { storedEventError } from "./stored-event-error.ts";

/** What is known of an entity's first events, and need not be folded again. */
export interface FoldStart {
  readonly version: number;
  readonly state: object | undefined;
  /** Where the events were not kept. */
  readonly deletedBy?: number | undefined;
  /** Where they were. */
  readonly events?: readonly object[];
  readonly sequences?: readonly number[] | undefined;
  readonly subjects?: SubjectTrack | undefined;
}

/** Folds the stored events of one entity, one after the other, from the first one or from a snapshot on. */
export class Fold {
  readonly #model: EntityModel;
  readonly #id: string;
  readonly #isKept: boolean;
  readonly #events: DecodedEvent[];
  readonly #subjects: SubjectTrack | undefined;
  /** Kept from the first stored event on that became several, or none. */
  #sequences: number[] | undefined;
  #sequence: number;
  #state: unknown;
  #deletedBy: number | undefined;

  /** @param isKept whether the decoded events are kept. */
  constructor(model: EntityModel, id: string, from: FoldStart | undefined, isKept: boolean) {
    this.#model = model;
    this.#id = id;
    this.#isKept = isKept;
    this.#subjects = from?.subjects?.copy() ?? SubjectTrack.of(model);
    // A history goes on with this list.
    this.#events = (from?.events?.slice() ?? []) as DecodedEvent[];
    this.#sequences = from?.sequences?.slice();
    this.#sequence = from?.version ?? 0;
    this.#state = from?.state;
    this.#deletedBy = from?.deletedBy;
    this.#subjects?.see(from?.state);
  }

  get state(): object | undefined {
    return this.#state as object | undefined;
  }

  /** What came of it. */
  get loaded(): Omit<LoadedEvents, "version"> {
    const folded: FoldedEvents | undefined = this.#isKept
      ? undefined
      : { deletedBy: this.#deletedBy };
    return {
      events: this.#events,
      state: this.state,
      sequences: this.#sequences,
      subjects: this.#subjects,
      folded,
    };
  }

  /** @throws StoredEventError */
  add(body: JsonObject): void {
    this.#sequence += 1;
    try {
      const event = decodeEvent(this.#model, this.#id, this.#sequence, body);
      if (!isUpcast(event)) this.#take(event);
      else this.#takeAll(event);
    } catch (error) {
      if (error instanceof AnnalsError) throw error;
      const issues = [{ path: [], message: "the reducer of its type threw an error" }];
      throw storedEventError(
        this.#model,
        { id: this.#id, sequence: this.#sequence },
        issues,
        error,
      );
    }
  }

  /** Takes what one stored event of an older version became. */
  #takeAll(events: readonly DecodedEvent[]): void {
    if (events.length !== 1 && this.#isKept) {
      this.#sequences ??= this.#events.map((_, at) => at + 1);
    }
    for (const event of events) this.#take(event);
  }

  #take(event: DecodedEvent): void {
    this.#state = this.#model.events.get(event.type)?.reduce(this.#state, event);
    this.#subjects?.see(this.state);
    if (this.#isKept) {
      this.#events.push(event);
      this.#sequences?.push(this.#sequence);
      return;
    }
    const { lifecycle } = this.#model.plan;
    if (event.type === lifecycle?.deleteEvent) this.#deletedBy = this.#sequence;
    if (event.type === lifecycle?.restoreEvent) this.#deletedBy = undefined;
  }
}
