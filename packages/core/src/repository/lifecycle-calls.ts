import type { EntityModel } from "../define/entity-model.ts";
import type { OnceOptions } from "./call-options.ts";
import { ownHistory } from "./own-history.ts";

type LifecycleCall = (entity: object, ...rest: readonly unknown[]) => Promise<number>;

type Update<Tx> = (entity: object, options?: OnceOptions<Tx>) => Promise<number>;

/** `delete` and `restore` over a repository's `update`, where the definition declares them. */
export const lifecycleCalls = <Tx>(
  model: EntityModel,
  update: Update<Tx>,
): Record<string, LifecycleCall> => {
  const { lifecycle } = model.plan;
  if (lifecycle === undefined) return {};
  const { deleteEvent, restoreEvent } = lifecycle;
  return {
    delete: lifecycleCall(model, update, { call: "delete", event: deleteEvent, deletes: true }),
    ...(restoreEvent !== undefined && {
      restore: lifecycleCall(model, update, {
        call: "restore",
        event: restoreEvent,
        deletes: false,
      }),
    }),
  };
};

interface Step {
  readonly call: string;
  readonly event: string;
  readonly deletes: boolean;
}

/**
 * Adds the event unless the entity is so already, and writes what is pending. What fails leaves the
 * entity as it was, so that it can be decided on as before.
 */
const lifecycleCall = <Tx>(model: EntityModel, update: Update<Tx>, step: Step) => {
  const takesPayload = model.events.get(step.event)?.hasPayload === true;
  return async (entity: object, ...rest: readonly unknown[]): Promise<number> => {
    const [payload, options] = takesPayload ? rest : [undefined, rest[0]];
    const history = ownHistory(model, entity, step.call);
    if (history.isDeleted === step.deletes) return update(entity, options as OnceOptions<Tx>);
    const mark = history.mark();
    history.record(step.call, [{ ...(payload as object), type: step.event }]);
    try {
      return await update(entity, options as OnceOptions<Tx>);
    } catch (error) {
      history.takeBack(mark);
      throw error;
    }
  };
};
