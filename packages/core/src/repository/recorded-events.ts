import type { EntityModel } from "../define/entity-model.ts";
import type { HistoryEvent } from "../port/rows.ts";
import { decodeEvent, isUpcast } from "../read/decode-event.ts";
import type { RecordedEvent } from "./history-type.ts";

/**
 * What a stored event became, in the order of the page.
 *
 * @throws StoredEventError
 */
export const recordedEvents = (
  model: EntityModel,
  id: string,
  { body, sequence, position, recordedAt, context }: HistoryEvent,
  direction: "asc" | "desc",
): readonly RecordedEvent<object>[] => {
  const decoded = decodeEvent(model, id, sequence, body);
  const list = isUpcast(decoded) ? decoded : [decoded];
  const recorded = list.map((event, at) => {
    const [part, parts] = [at + 1, list.length];
    return { event, sequence, position, part, parts, recordedAt, context };
  });
  return direction === "asc" ? recorded : recorded.toReversed();
};
