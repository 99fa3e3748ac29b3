import { entityWrite, type Recording, refusal } from "../append/entity-write.ts";
import type { Ambient } from "../decide/ambient.ts";
import { decideCreation } from "../decide/decide.ts";
import type { History } from "../decide/history.ts";
import { newEntityId } from "../decide/new-id.ts";
import type { PendingWrite } from "../decide/pending-write.ts";
import type { EntityModel } from "../define/entity-model.ts";
import {
  ConcurrentModificationError,
  EntityAlreadyExistsError,
  OutcomeUnknownError,
} from "../errors/append-errors.ts";
import type { EntityWrite } from "../port/rows.ts";
import type { EntityStore, Join, Visibility } from "../port/store.ts";
import { hydrateAll } from "../read/hydrate-all.ts";
import type { CallOptions, HistoryOption } from "./call-options.ts";
import { recordingIn } from "./recording.ts";
import type { Appending, AroundAppend } from "./repository-hooks.ts";

/** What `createOrFind` comes down to. */
interface CreateOrFindParts<Tx> {
  readonly model: EntityModel;
  readonly store: EntityStore<Tx>;
  readonly ambient: Ambient;
  readonly recording: (events: number) => Recording;
  readonly toEntity: (history: History) => object;
  readonly hook: AroundAppend<Tx>;
}

/** `createOrFind`, where the definition says that callers choose ids. */
export const createOrFindCalls = <Tx>(parts: CreateOrFindParts<Tx>): Record<string, unknown> =>
  parts.model.idSource === "caller" ? { createOrFind: createOrFindCall(parts) } : {};

const createOrFindCall =
  <Tx>(parts: CreateOrFindParts<Tx>) =>
  async (
    input: unknown,
    options?: CallOptions<Tx> & HistoryOption & { readonly id?: unknown },
  ): Promise<{ readonly entity: object; readonly created: boolean }> => {
    const { model, store, ambient, toEntity, hook } = parts;
    const id = newEntityId(model, ambient, "createOrFind", options?.id);
    const history = decideCreation(model, id, ambient, input);
    const entity = toEntity(history);
    const pending = history.beginWrite() as PendingWrite;
    const appending = { entity, history, pending };
    const create = (join: Join<Tx>): Promise<boolean> => tryCreate(parts, appending, join);
    const wasWritten = (created: boolean): boolean => created;
    if (await hook.around("createOrFind", options?.tx, [appending], create, wasWritten)) {
      return { entity, created: true };
    }
    const load = (seen: Visibility) => store.load([id], options?.tx, seen);
    const seen: Visibility = { includeDeleted: true, history: options?.history };
    const [found] = await hydrateAll(model, await load(seen), seen, () =>
      load({ ...seen, history: true }),
    );
    if (found !== undefined) return { entity: toEntity(found.history), created: false };
    // It is in another scope; ids are unique over all of them.
    if (model.plan.scope.length > 0)
      throw new EntityAlreadyExistsError({ entity: model.plan.name, id });
    // It was there a moment ago, and has been erased.
    throw new ConcurrentModificationError({ entity: model.plan.name, id, expectedVersion: 0 });
  };

/** Writes the new entity; `false` when its id is taken. */
const tryCreate = async <Tx>(
  { model, store, recording }: CreateOrFindParts<Tx>,
  { history, pending }: Appending,
  tx: Join<Tx>,
): Promise<boolean> => {
  try {
    const recorded = { ...recording(pending.events.length), ...recordingIn(tx) };
    const write: EntityWrite = {
      ...entityWrite(model, history.id, pending, recorded, undefined),
      mayExist: true,
    };
    const result = await store.write(write, tx);
    switch (result.kind) {
      case "written": {
        const end = history.endWrite(pending);
        if (result.durability.kind === "open") result.durability.onEnd(end);
        else end(result.durability.kind);
        return true;
      }
      case "exists":
        history.failWrite("rolledBack");
        return false;
      case "conflict":
      case "duplicate":
        throw refusal(model, write, result);
      default:
        throw new Error("A write without a key was answered by an earlier request");
    }
  } catch (error) {
    history.failWrite(error instanceof OutcomeUnknownError ? "unknown" : "rolledBack");
    throw error;
  }
};
