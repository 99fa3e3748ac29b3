import type { TopicModel } from "../define/any-topic.ts";
import { describeIssues } from "../errors/annals-error.ts";
import { StoredEventError } from "../errors/read-errors.ts";
import { decodeTopicEvent, type StoredBody } from "./decode-topic-event.ts";

/** What keeps a stored event from being read, without its values; `undefined` for one that can be. */
export const readingProblem = (model: TopicModel, stored: StoredBody): string | undefined => {
  try {
    decodeTopicEvent(model, stored);
    return undefined;
  } catch (error) {
    if (error instanceof StoredEventError) return describeIssues(error.issues);
    throw error;
  }
};
