import type { PublishedModel } from "../define/topic-definition.ts";
import type { Store } from "../port/store.ts";
import type { SubjectUse } from "../port/subject-store.ts";
import { toPublication } from "../publish/publication.ts";
import type { Subject } from "./erasure-type.ts";

/** Publishes in a topic of its own that a subject was forgotten, where the topic declares an event for it. */
export const forgetInTopic =
  <Tx, Opened extends Tx>(store: Store<Tx, Opened>) =>
  async (model: PublishedModel, use: SubjectUse, { id }: Pick<Subject, "id">): Promise<boolean> => {
    const { event: type, field = "", eventNames = false } = model.erasure ?? {};
    const event = type === undefined ? undefined : { type, ...(eventNames && { [field]: id }) };
    const publication = event && toPublication(model, event, { key: id }, () => id);
    await store.transaction(async (tx) => {
      if (publication !== undefined) {
        await store.topic(model.plan).publish({ publications: [publication], context: null }, tx);
      }
      await store.subjects().settle(use, tx);
    });
    return publication !== undefined;
  };
