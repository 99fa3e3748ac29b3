import type { JsonValue } from "@annals/core";
import type { TopicEvent } from "@annals/core/adapter";

/** An event as statements return it that read few. */
export interface TopicRow {
  readonly topic: string;
  readonly id: string;
  readonly sequence: number;
  readonly position: number | string;
  /** Milliseconds since 1970, which no setting spells otherwise, and which cost less to read than a date. */
  readonly recorded_at: number | string;
  readonly context: Record<string, never> | null;
  readonly event: Record<string, never>;
  readonly scope?: readonly JsonValue[] | null;
  readonly parent?: string | null;
  readonly headers?: Record<string, string> | null;
  readonly bytes?: Uint8Array | null;
}

export const toTopicEvent = (row: TopicRow): TopicEvent => ({
  topic: row.topic,
  id: row.id,
  sequence: row.sequence,
  position: Number(row.position),
  recordedAt: new Date(Number(row.recorded_at)),
  context: row.context,
  headers: row.headers ?? null,
  scope: row.scope ?? undefined,
  parentId: row.parent ?? undefined,
  body: row.event,
  bytes: row.bytes ? plainBytes(row.bytes) : null,
});

/** Drivers hand on Buffers, which compare and print otherwise. */
export const plainBytes = ({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
