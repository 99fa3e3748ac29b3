/**
 * All that a store needs to know of a topic to read it in order. Entities and topics of their own both
 * provide it; their events tables have `position`, `recorded_at`, `context`, `event_type` and `event` in
 * common.
 */
export interface TopicPlan {
  /**
   * What its events belong to. `entity`: columns `id` and `sequence`. `topic`: columns `key`, `headers`
   * and `bytes`.
   */
  readonly kind: "entity" | "topic";
  readonly name: string;
  readonly eventsTable: string;
  readonly eventTypes: readonly string[];
}
