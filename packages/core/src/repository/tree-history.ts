import type { EntityModel } from "../define/entity-model.ts";
import { notFoundById } from "../errors/read-errors.ts";
import type { EntityStore } from "../port/store.ts";
import type { UntypedReadOptions } from "./call-options.ts";
import { BY_POSITION, HistoryStretch } from "./history-stretch.ts";
import type { HistoryOptions, RecordedEvent } from "./history-type.ts";
import type { Page } from "./list-type.ts";
import { recordedEvents } from "./recorded-events.ts";
import { visibilityOf } from "./seen-children.ts";

/** An event of a tree, free of the user's types. */
export interface UntypedTreeEvent extends RecordedEvent<object> {
  readonly topic: string;
  readonly entityId: string;
  readonly parentId: string | undefined;
}

/** `treeHistory`, for entities that have children. */
export const treeHistoryCall = <Tx>(model: EntityModel, store: EntityStore<Tx>) => {
  const models = modelsByName(model);
  const treeHistory = async (
    id: unknown,
    options: HistoryOptions & UntypedReadOptions<Tx> = {},
  ): Promise<Page<UntypedTreeEvent>> => {
    const stretch = new HistoryStretch(model, BY_POSITION, options);
    const seen = visibilityOf(model, options);
    const known = model.parseId(id);
    const found = known && (await store.treeHistory(known, stretch.query, options.tx, seen));
    if (!found) throw notFoundById(model.plan.name, id);
    return stretch.page(found, (stored) => {
      const { topic, id: entityId, parentId } = stored;
      const of = models.get(topic);
      if (of === undefined) throw new Error(`The store returned an event of "${topic}"`);
      return recordedEvents(of, entityId, stored, stretch.direction).map((event) => ({
        ...event,
        topic,
        entityId,
        parentId,
      }));
    });
  };
  return { treeHistory };
};

const modelsByName = (model: EntityModel): ReadonlyMap<string, EntityModel> =>
  new Map([
    [model.plan.name, model],
    ...model.children.flatMap((kind) => [...modelsByName(kind.model)]),
  ]);
