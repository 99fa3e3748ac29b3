import type { AnyTopic } from "../define/any-topic.ts";
import type { EventOfType } from "../define/definition-types.ts";
import type { EventMeta } from "./event-meta.ts";

/** A handler for each event type that the consumer cares for; the others are passed over. */
export type Handlers<Topic extends AnyTopic, Tx> = {
  readonly [Type in keyof Topic["events"] & string]?: (
    event: EventOfType<Topic["events"], Type>,
    meta: EventMeta<Topic, Tx>,
  ) => void | Promise<void>;
};
