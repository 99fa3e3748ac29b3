import type { StoredEntity } from "../port/rows.ts";
import type { Visibility } from "../port/store.ts";

/** A row, which has every event, as a read sees it: its snapshot with the events after it, or all events. */
export const withSnapshot = <Row extends StoredEntity>(
  row: Row,
  seen: Visibility | undefined,
): Row => {
  const { snapshot, events } = row;
  if (snapshot === undefined) return row;
  if (seen?.history === true) return { ...row, snapshot: undefined };
  return { ...row, events: events.slice(snapshot.version) };
};
