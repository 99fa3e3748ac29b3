import type { EntityModel } from "../define/entity-model.ts";
import type { JsonObject } from "../define/json-value.ts";
import { lastOfLifecycle } from "../define/lifecycle.ts";
import { EntityUnusableError } from "../errors/decide-errors.ts";
import { deepFreeze } from "./deep-freeze.ts";
import type { FoldedEvents, LoadedEvents } from "./loaded-events.ts";
import type { HistoryMark, PendingWrite, WriteEnd } from "./pending-write.ts";
import { recordEvents } from "./record-events.ts";
import type { StoredEvent } from "./stored-event.ts";
import { SubjectTrack } from "./subject-track.ts";

/**
 * The events of one entity in memory, and how far they are stored. The only mutable part of an entity.
 *
 * Two versions say how far: `committed` ≤ `written`. Between them are events that were written in a
 * transaction that is still open; a rollback moves `written` back.
 *
 * Versions count stored events. One that was loaded may have become several events, or none, so that what
 * follows the loaded ones stands `shift` places further in the list than its sequence says, or before that
 * where the loaded ones were folded and are not kept. What is decided here is stored one for one.
 */
export class History {
  readonly model: EntityModel;
  readonly id: string;
  /** Whose child it is. */
  readonly parentId: string | undefined;
  #children: ReadonlyMap<string, Map<string, History>>;
  #partial: ReadonlySet<string> | undefined;
  #events: object[];
  /** The stored form of the events that were decided here; the loaded ones have none. */
  #stored: StoredEvent[] = [];
  #loaded: number;
  /** How many more events there are than stored ones became them. */
  #shift: number;
  #sequences: readonly number[] | undefined;
  #folded: FoldedEvents | undefined;
  #snapshotAt: number;
  #subjects: SubjectTrack | undefined;
  #committed: number;
  #written: number;
  #revision: number;
  #state: object | undefined;
  /** The state that was frozen last, which costs nothing to look at again. */
  #shown: object | undefined;
  #writtenState: object | undefined;
  #storedState: JsonObject | undefined;
  #frozen: readonly object[] | undefined;
  #isDeleted: boolean | undefined;
  #unusable: EntityUnusableError["reason"] | undefined;
  #isReplayed = false;

  /**
   * @param loaded what is stored of it; nothing for a new entity.
   * @param parentId whose child it is.
   */
  constructor(model: EntityModel, id: string, loaded?: LoadedEvents, parentId?: string) {
    const { events = [], state, version = 0, sequences } = loaded ?? {};
    this.model = model;
    this.id = id;
    this.parentId = parentId;
    this.#children = loaded === undefined ? emptyKinds(model) : (loaded.children ?? NO_CHILDREN);
    this.#partial = loaded?.partial;
    this.#events = events;
    this.#state = state;
    this.#writtenState = state;
    this.#loaded = version;
    this.#committed = version;
    this.#written = version;
    this.#revision = loaded?.revision ?? 0;
    this.#shift = events.length - version;
    this.#sequences = sequences;
    this.#folded = loaded?.folded;
    this.#snapshotAt = loaded?.snapshotAt ?? 0;
    this.#subjects = loaded?.subjects ?? SubjectTrack.of(model);
  }

  /** What it was made of, as long as nothing was decided since: for another one like it, that shares no list. */
  get loaded(): LoadedEvents {
    const { state } = this;
    const sequences = this.#sequences;
    const subjects = this.#subjects?.copy();
    return { events: this.#events.slice(), state, version: this.#loaded, sequences, subjects };
  }

  /** Its children by kind and id; a kind that was left out when it was read is missing. */
  get children(): ReadonlyMap<string, Map<string, History>> {
    return this.#children;
  }

  /** Whether only some of its children of a kind were read. */
  isPartial(kind: string): boolean {
    return this.#partial?.has(kind) ?? false;
  }

  get version(): number {
    return this.#committed;
  }

  /** How many writes of the tree there were; of roots alone. */
  get revision(): number | undefined {
    return this.model.plan.hasRevision ? this.#revision : undefined;
  }

  /** Whether every event from the first one is here. */
  get isWhole(): boolean {
    return this.#folded === undefined;
  }

  get state(): object | undefined {
    if (this.#shown !== this.#state) this.#shown = deepFreeze(this.#state);
    return this.#state;
  }

  /** Whether the last event that deletes or restores is one that deletes. */
  get isDeleted(): boolean {
    this.#isDeleted ??= this.deletedBy !== undefined;
    return this.#isDeleted;
  }

  /** The sequence of the stored event that deletes it; `undefined` while it is not deleted. */
  get deletedBy(): number | undefined {
    return this.#deletedByOneOf(this.#events);
  }

  /** Whether it was deleted at a version. */
  wasDeletedAt(version: number): boolean {
    const until = Math.max(version + this.#shift, 0);
    return this.#deletedByOneOf(this.#events.slice(0, until)) !== undefined;
  }

  #deletedByOneOf(events: readonly object[]): number | undefined {
    const { lifecycle } = this.model.plan;
    const typed = events as readonly { readonly type: string }[];
    const at = lastOfLifecycle(lifecycle, typed);
    if (at < 0) return this.#folded?.deletedBy;
    return typed[at]?.type === lifecycle?.deleteEvent ? this.#sequenceAt(at) : undefined;
  }

  /** Those that are in memory: all, or what followed the ones that were folded. */
  get events(): readonly object[] {
    this.#frozen ??= Object.freeze(this.#events.map(deepFreeze));
    return this.#frozen;
  }

  /** Whether there are events that no write has taken. */
  get hasUnwritten(): boolean {
    return this.#written + this.#shift < this.#events.length;
  }

  /** The stored form of the events that no write has taken. */
  get unwritten(): readonly StoredEvent[] {
    return this.#stored.slice(this.#written - this.#loaded);
  }

  get pending(): readonly object[] {
    return this.events.slice(this.#committed + this.#shift);
  }

  /** The events of a write that has begun. */
  eventsOf({ expectedVersion, events }: PendingWrite): readonly object[] {
    const first = expectedVersion + this.#shift;
    return this.events.slice(first, first + events.length);
  }

  /** Whether it is what an earlier request with the same key came to, and nothing was written since. */
  get isReplayed(): boolean {
    return this.#isReplayed;
  }

  /**
   * Adds what a command or `create` decided. All or nothing: the state that the events lead to is
   * checked before any of them is kept.
   *
   * @throws EntityDeletedError, InvalidDecisionError, InvalidEventError, InvalidStateError
   */
  record(source: string, decided: readonly unknown[]): readonly object[] {
    const { model, id, parentId, state, isDeleted } = this;
    const isNew = this.#loaded + this.#events.length === 0;
    const recorded = recordEvents(
      { model, id, parentId, source, isNew, state, isDeleted },
      decided,
    );
    for (const { event, stored } of recorded.entries) {
      this.#events.push(event);
      this.#stored.push(stored);
    }
    this.#state = recorded.state;
    this.#shown = recorded.state;
    this.#subjects?.see(recorded.state);
    this.#storedState = recorded.storedState;
    this.#isDeleted = recorded.isDeleted;
    this.#frozen = undefined;
    return Object.freeze(recorded.entries.map(({ event }) => event));
  }

  /** Where the history is now, for `takeBack`. */
  mark(): HistoryMark {
    return {
      length: this.#events.length,
      state: this.#state,
      storedState: this.#storedState,
    };
  }

  /** Forgets all events that were recorded since the mark, none of which is written. */
  rewind({ length, state, storedState }: HistoryMark): void {
    this.#stored.length -= this.#events.length - length;
    this.#events.length = length;
    this.#state = state;
    this.#storedState = storedState;
    this.#isDeleted = undefined;
    this.#frozen = undefined;
  }

  /** Forgets the one event that was recorded since the mark, unless it is written or another followed. */
  takeBack({ length, state, storedState }: HistoryMark): void {
    if (this.#events.length !== length + 1 || this.#written + this.#shift > length) return;
    this.#events.pop();
    this.#stored.pop();
    this.#state = state;
    this.#storedState = storedState;
    this.#isDeleted = undefined;
    this.#frozen = undefined;
  }

  /**
   * What the next write has to store, or `undefined` when nothing is pending. Until `endWrite` or
   * `failWrite`, no other write may begin.
   *
   * @throws EntityUnusableError
   */
  beginWrite(): PendingWrite | undefined {
    this.#checkUsable();
    return this.hasUnwritten ? this.#begin() : undefined;
  }

  /**
   * The same where the entity's children alone are to be written.
   *
   * @param guarded whether it counts as a write of the tree.
   * @throws EntityUnusableError
   */
  beginTouch(guarded: boolean): PendingWrite {
    this.#checkUsable();
    const pending = this.#begin();
    return guarded ? pending : { ...pending, revision: undefined };
  }

  #checkUsable(): void {
    if (this.#unusable !== undefined) throw this.#unusableError(this.#unusable);
  }

  #begin(): PendingWrite {
    this.#unusable = "writing";
    const events = this.unwritten;
    return {
      expectedVersion: this.#written,
      events,
      snapshotAt: this.#snapshotAt,
      snapshot: this.#isSnapshotDue(events) ? { deletedBy: this.deletedBy } : undefined,
      state: this.#state as object,
      storedState: this.#storedState as JsonObject,
      baseState: this.#writtenState,
      parentId: this.parentId,
      revision: this.revision,
    };
  }

  /** Whether so many events followed the newest snapshot that the state is to be kept again. */
  #isSnapshotDue({ length }: readonly StoredEvent[]): boolean {
    const { snapshot } = this.model.plan;
    if (snapshot === undefined || length === 0 || this.#subjects?.hasChanged) return false;
    return this.#written + length - this.#snapshotAt >= snapshot.every;
  }

  /** Keeps it from being written: it ends before the events that followed. */
  markPast(): this {
    this.#unusable = "as-of";
    return this;
  }

  /** Takes it that nothing of the write happened, or that nobody can tell. */
  failWrite(end: Exclude<WriteEnd, "committed">): void {
    this.#unusable = end === "unknown" ? "in-doubt" : undefined;
  }

  /** Takes the events of `write` as written; the returned function takes how that ended. */
  endWrite(write: PendingWrite): (end: WriteEnd) => void {
    this.#unusable = undefined;
    this.#isReplayed = false;
    this.#written = write.expectedVersion + write.events.length;
    this.#writtenState = write.state;
    if (write.revision !== undefined) this.#revision = write.revision + 1;
    if (write.snapshot !== undefined) this.#snapshotAt = this.#written;
    const written = this.#written;
    const events = this.#events;
    return (end) => {
      if (events !== this.#events) this.#endBeforeReplay(end);
      else if (end === "committed") this.#committed = Math.max(this.#committed, written);
      else if (end === "unknown") this.#unusable = "in-doubt";
      else this.#giveBack(write);
    };
  }

  /** What a replay brought back has in it what was written here before, unless that was undone. */
  #endBeforeReplay(end: WriteEnd): void {
    if (end !== "committed") this.#unusable = "in-doubt";
  }

  /** Becomes what is stored of an earlier request with the same key, in place of what was pending. */
  replay(earlier: History): void {
    this.#children = earlier.#children;
    this.#partial = earlier.#partial;
    this.#revision = earlier.#revision;
    this.#events = earlier.#events;
    this.#stored = [];
    this.#loaded = earlier.#loaded;
    this.#shift = earlier.#shift;
    this.#sequences = earlier.#sequences;
    this.#folded = earlier.#folded;
    this.#snapshotAt = earlier.#snapshotAt;
    this.#subjects = earlier.#subjects;
    this.#committed = earlier.#committed;
    this.#written = earlier.#written;
    this.#state = earlier.#state;
    this.#writtenState = earlier.#state;
    this.#isDeleted = earlier.#isDeleted;
    this.#frozen = undefined;
    this.#unusable = undefined;
    this.#isReplayed = true;
  }

  #sequenceAt(index: number): number {
    return this.#sequences?.[index] ?? index - this.#shift + 1;
  }

  #giveBack(write: PendingWrite): void {
    if (write.revision !== undefined && this.#revision > write.revision) {
      this.#revision = write.revision;
    }
    if (this.#written > write.expectedVersion) {
      this.#written = write.expectedVersion;
      this.#writtenState = write.baseState;
      this.#snapshotAt = write.snapshotAt;
    }
    // A child is created again by the next write of its parent.
    if (write.expectedVersion === 0 && this.parentId === undefined) this.#unusable = "not-created";
  }

  #unusableError(reason: EntityUnusableError["reason"]): EntityUnusableError {
    return new EntityUnusableError({ entity: this.model.plan.name, id: this.id, reason });
  }
}

const NO_CHILDREN: ReadonlyMap<string, Map<string, History>> = new Map();

const emptyKinds = ({ children }: EntityModel): History["children"] =>
  children.length === 0 ? NO_CHILDREN : new Map(children.map(({ name }) => [name, new Map()]));
