import type { KnownEntities, StoredEntity } from "../port/rows.ts";

/**
 * Rows for a reader who says what is known of them. What is committed never changes here, so that a version
 * says enough; unless somebody was forgotten.
 */
export const knownRows = <Row extends StoredEntity>(
  rows: readonly Row[],
  known: KnownEntities,
  isForgotten: (subject: string) => boolean,
): readonly Row[] =>
  rows.map((row) => {
    const { version = 0, subjects = [] } = known.get(row.id) ?? {};
    const since = version > row.version || subjects.some(isForgotten) ? 0 : version;
    const mark = since === row.version ? undefined : row.version;
    return { ...row, since, mark, events: row.events.slice(since) };
  });
