import type { JsonValue } from "@annals/core";
import type { TopicEvent } from "@annals/core/adapter";

/** An event as statements that read topics return it. */
export interface TopicRow {
  readonly topic: string;
  readonly id: string;
  readonly sequence: number;
  readonly position: number | string;
  /** As JSON spells it, which no DateStyle changes. */
  readonly recorded_at: string;
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
  recordedAt: new Date(row.recorded_at),
  context: row.context,
  headers: row.headers ?? null,
  ...(row.scope && { scope: row.scope }),
  ...(row.parent && { parentId: row.parent }),
  body: row.event,
  bytes: row.bytes ? plainBytes(row.bytes) : null,
});

/** Drivers hand on Buffers, which compare and print otherwise. */
const plainBytes = ({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
