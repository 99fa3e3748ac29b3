import type { EntityModel } from "../define/entity-model.ts";
import type { JsonObject } from "../define/json-value.ts";
import { EntityUnusableError } from "../errors/decide-errors.ts";
import { deepFreeze } from "./deep-freeze.ts";
import { EventList } from "./event-list.ts";
import type { LoadedEvents } from "./loaded-events.ts";
import type { HistoryMark, PendingWrite, WriteEnd } from "./pending-write.ts";
import { recordEvents } from "./record-events.ts";
import type { StoredEvent } from "./stored-event.ts";
import { SubjectTrack } from "./subject-track.ts";

/**
 * The events of one entity in memory, and how far they are stored. The only mutable part of an entity.
 *
 * Two versions say how far: `committed` ≤ `written`. Between them are events that were written in a
 * transaction that is still open; a rollback moves `written` back.
 */
export class History {
  readonly model: EntityModel;
  readonly id: string;
  /** Whose child it is. */
  readonly parentId: string | undefined;
  #children: ReadonlyMap<string, Map<string, History>>;
  #partial: ReadonlySet<string> | undefined;
  #list: EventList;
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
  #isDeleted: boolean | undefined;
  #unusable: EntityUnusableError["reason"] | undefined;
  #isReplayed = false;

  /**
   * @param loaded what is stored of it; nothing for a new entity.
   * @param parentId whose child it is.
   */
  constructor(model: EntityModel, id: string, loaded?: LoadedEvents, parentId?: string) {
    const { state, version = 0 } = loaded ?? {};
    this.model = model;
    this.id = id;
    this.parentId = parentId;
    this.#children = loaded === undefined ? emptyKinds(model) : (loaded.children ?? NO_CHILDREN);
    this.#partial = loaded?.partial;
    this.#list = new EventList(loaded);
    this.#state = state;
    this.#writtenState = state;
    this.#committed = version;
    this.#written = version;
    this.#revision = loaded?.revision ?? 0;
    this.#snapshotAt = loaded?.snapshotAt ?? 0;
    this.#subjects = loaded?.subjects ?? SubjectTrack.of(model);
  }

  /** What it was made of, as long as nothing was decided since: for another one like it, that shares no list. */
  get loaded(): LoadedEvents {
    return { ...this.#list.loaded, state: this.state, subjects: this.#subjects?.copy() };
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
    return this.#list.isWhole;
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
    return this.#list.deletedBy(this.model.plan.lifecycle);
  }

  /** Whether it was deleted at a version. */
  wasDeletedAt(version: number): boolean {
    return this.#list.wasDeletedAt(version, this.model.plan.lifecycle);
  }

  /** Those that are in memory: all, or what followed the ones that were folded. */
  get events(): readonly object[] {
    return this.#list.events;
  }

  /** Whether there are events that no write has taken. */
  get hasUnwritten(): boolean {
    return this.#written < this.#list.version;
  }

  /** The stored form of the events that no write has taken. */
  get unwritten(): readonly StoredEvent[] {
    return this.#list.storedAfter(this.#written);
  }

  get pending(): readonly object[] {
    return this.#list.after(this.#committed);
  }

  /** The events of a write that has begun. */
  eventsOf({ expectedVersion, events }: PendingWrite): readonly object[] {
    return this.#list.after(expectedVersion, events.length);
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
    const isNew = this.#list.isEmpty;
    const place = { model, id, parentId, source, isNew, state, isDeleted };
    const recorded = recordEvents(place, decided);
    for (const { event, stored } of recorded.entries) this.#list.add(event, stored);
    this.#state = recorded.state;
    this.#shown = recorded.state;
    this.#subjects?.see(recorded.state);
    this.#storedState = recorded.storedState;
    this.#isDeleted = recorded.isDeleted;
    return Object.freeze(recorded.entries.map(({ event }) => event));
  }

  /** Where the history is now, for `takeBack`. */
  mark(): HistoryMark {
    return { version: this.#list.version, state: this.#state, storedState: this.#storedState };
  }

  /** Forgets all events that were recorded since the mark, none of which is written. */
  rewind({ version, state, storedState }: HistoryMark): void {
    this.#list.cutAfter(version);
    this.#state = state;
    this.#storedState = storedState;
    this.#isDeleted = undefined;
  }

  /** Forgets the one event that was recorded since the mark, unless it is written or another followed. */
  takeBack(mark: HistoryMark): void {
    if (this.#list.version === mark.version + 1 && this.#written <= mark.version) this.rewind(mark);
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
    const reason = this.#unusable;
    if (reason === undefined) return;
    throw new EntityUnusableError({ entity: this.model.plan.name, id: this.id, reason });
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
    const list = this.#list;
    return (end) => {
      if (list !== this.#list) this.#endBeforeReplay(end);
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
    this.#list = earlier.#list;
    this.#snapshotAt = earlier.#snapshotAt;
    this.#subjects = earlier.#subjects;
    this.#committed = earlier.#committed;
    this.#written = earlier.#written;
    this.#state = earlier.#state;
    this.#writtenState = earlier.#state;
    this.#isDeleted = earlier.#isDeleted;
    this.#unusable = undefined;
    this.#isReplayed = true;
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
}

const NO_CHILDREN: ReadonlyMap<string, Map<string, History>> = new Map();

const emptyKinds = ({ children }: EntityModel): History["children"] =>
  children.length === 0 ? NO_CHILDREN : new Map(children.map(({ name }) => [name, new Map()]));
