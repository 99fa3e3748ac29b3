import { entityWrite } from "../append/entity-write.ts";
import type { PendingWrite } from "../decide/pending-write.ts";
import type { EntityModel } from "../define/entity-model.ts";
import { ConcurrentModificationError } from "../errors/append-errors.ts";
import type { KeyProvider } from "../port/key-provider.ts";
import type { EntityStore, Store } from "../port/store.ts";
import type { SubjectUse } from "../port/subject-store.ts";
import { hydrate } from "../read/hydrate.ts";
import type { StoreHooks } from "../repository/repository-hooks.ts";
import { entitiesOf } from "../seal/sealed-entities.ts";

/** Whoever else writes to the entity wins each time, but not for ever. */
const ATTEMPTS_MAX = 20;

/**
 * Appends to an entity that its subject was forgotten. It is folded without the values, which leaves its index
 * columns empty; whoever read it before writes on a version that is gone.
 */
export const forgetEntity = <Tx, Opened extends Tx>(
  store: Store<Tx, Opened>,
  keys: KeyProvider | undefined,
  hooksOf: (entity: string) => StoreHooks<Opened>,
) => {
  const opened = new Map<EntityModel, EntityStore<Tx>>();
  const storeOf = (model: EntityModel): EntityStore<Tx> => {
    const known = opened.get(model);
    if (known !== undefined) return known;
    const made = entitiesOf(model, store, keys);
    opened.set(model, made);
    return made;
  };

  /** Returns whether there is such an entity. */
  return async (model: EntityModel, use: SubjectUse): Promise<boolean> => {
    const entities = storeOf(model);
    for (let attempt = 1; ; attempt += 1) {
      // What was kept of it may have been made of its values.
      const seen = { includeDeleted: true, history: true };
      const [stored] = await entities.load([use.id], "none", seen);
      if (stored === undefined) return false;
      const history = hydrate(model, stored);
      history.record("forget", [{ type: model.erasure?.event }]);
      const pending = history.beginWrite() as PendingWrite;
      const recording = { context: null, recordedAt: undefined };
      const write = entityWrite(model, use.id, pending, recording, undefined);
      const { onAppending, onAllAppended } = hooksOf(model.plan.name);
      const event = { event: { type: model.erasure?.event }, sequence: write.expectedVersion + 1 };
      const all = [{ id: use.id, events: [event] }];
      const isWritten = await inOne(store, async (tx) => {
        await onAppending?.(tx, all);
        if ((await entities.write(write, tx)).kind !== "written") return false;
        if (model.plan.snapshot !== undefined) {
          await store.subjects().dropSnapshots(model.plan, use.id, tx);
        }
        await onAllAppended?.(tx, all);
        await store.subjects().settle(use, tx);
        return true;
      });
      if (isWritten) return true;
      if (attempt === ATTEMPTS_MAX) {
        const { expectedVersion } = pending;
        const at = { entity: model.plan.name, id: use.id, expectedVersion };
        throw new ConcurrentModificationError(at);
      }
    }
  };
};

class Undone extends Error {}

/** One transaction, undone when the work says that it came to nothing. */
const inOne = async <Tx, Opened extends Tx>(
  store: Store<Tx, Opened>,
  work: (tx: Opened) => Promise<boolean>,
): Promise<boolean> => {
  try {
    return await store.transaction(async (tx) => {
      if (!(await work(tx))) throw new Undone();
      return true;
    });
  } catch (error) {
    if (error instanceof Undone) return false;
    throw error;
  }
};
