import type { TopicPlan } from "../define/topic-plan.ts";
import type { Issue } from "../errors/annals-error.ts";
import { type StoredEventAt, StoredEventError } from "../errors/read-errors.ts";

/** Where in its table a stored event is. */
export type EventPlace = Omit<StoredEventAt, "table">;

/** The error for a stored event that cannot be read. */
export const storedEventError = (
  { plan }: { readonly plan: TopicPlan },
  at: EventPlace,
  issues: readonly Issue[],
  cause?: unknown,
): StoredEventError => new StoredEventError({ table: plan.eventsTable, ...at, issues }, { cause });
