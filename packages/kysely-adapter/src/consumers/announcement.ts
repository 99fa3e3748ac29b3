/** PostgreSQL takes up to 8,000 bytes. */
const PAYLOAD_MAX = 7_900;

/** What one process tells the others: events were committed to these tables. */
export interface Announcement {
  /** Who tells it, and need not be told. */
  readonly by: string;
  /** `undefined` for more than can be named. */
  readonly tables: readonly string[] | undefined;
}

export const announcementText = ({ by, tables }: Announcement): string => {
  const whole = JSON.stringify({ by, tables });
  return Buffer.byteLength(whole) <= PAYLOAD_MAX ? whole : JSON.stringify({ by });
};

/** What somebody else wrote, by hand for example, is taken for all tables. */
export const readAnnouncement = (text: string | undefined): Announcement => {
  try {
    const { by, tables } = JSON.parse(text ?? "") as Record<string, unknown>;
    const areTables = Array.isArray(tables) && tables.every((table) => typeof table === "string");
    return { by: String(by), tables: areTables ? tables : undefined };
  } catch {
    return { by: "", tables: undefined };
  }
};
