import type { TopicModel } from "../define/any-topic.ts";
import { markedValue } from "../define/personal-marks.ts";
import type { EventHeaders, TopicEvent } from "../port/rows.ts";
import { storedEventError } from "./stored-event-error.ts";

/**
 * The headers of an event as its readers see them. One that was forgotten is not there any more.
 *
 * @throws StoredEventError for one that is sealed and could not be opened.
 */
export const readHeaders = (
  model: TopicModel,
  { id, sequence, position, headers }: Pick<TopicEvent, "id" | "sequence" | "position" | "headers">,
): EventHeaders => {
  if (headers === null) return {};
  if (Object.values(headers).every(isText)) return headers as EventHeaders;
  const read: Record<string, string> = {};
  for (const [name, stored] of Object.entries(headers)) {
    const found = markedValue(stored);
    if (found.kind === "unreadable") {
      const issues = [{ path: ["headers", name], message: found.problem }];
      throw storedEventError(model, { id, sequence, position }, issues);
    }
    if (found.kind === "there") read[name] = String(found.value);
  }
  return read;
};

const isText = (stored: unknown): boolean => typeof stored === "string";
