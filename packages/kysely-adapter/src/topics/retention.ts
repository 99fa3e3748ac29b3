import type { RetentionPlan } from "@annals/core/adapter";
import type { PartitionRow } from "../statements/topic-partitions.ts";

/** A partition as maintenance sees it. */
export interface Partition {
  readonly number: number;
  /** Whether it takes new events. */
  readonly isCurrent: boolean;
  /** Whether nobody can add to it any more, so that what is known of it is final. */
  readonly isSealed: boolean;
  readonly closedForMs: number | undefined;
  readonly events: number;
  readonly bytes: number;
}

export const toPartition = (row: PartitionRow): Partition => ({
  number: row.partition,
  isCurrent: row.partition === row.current,
  isSealed: row.sealed,
  closedForMs: row.closed_for_ms === null ? undefined : Number(row.closed_for_ms),
  events: Number(row.events ?? 0),
  bytes: Number(row.bytes ?? 0),
});

/**
 * The partitions that retention does not keep, the oldest first. By age, one goes when all of it is older.
 * By size, one goes when the younger ones alone come up to what is to be kept.
 */
export const superfluous = (
  partitions: readonly Partition[],
  { ageMs, events, bytes }: RetentionPlan,
): readonly Partition[] => {
  const younger = (at: number, of: "events" | "bytes"): number =>
    partitions.slice(at + 1).reduce((sum, partition) => sum + partition[of], 0);
  const first = partitions.findIndex(
    ({ isCurrent, closedForMs }, at) =>
      isCurrent ||
      closedForMs === undefined ||
      !(
        (ageMs !== undefined && closedForMs >= ageMs) ||
        (events !== undefined && younger(at, "events") >= events) ||
        (bytes !== undefined && younger(at, "bytes") >= bytes)
      ),
  );
  return partitions.slice(0, Math.max(0, first));
};
