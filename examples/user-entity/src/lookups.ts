import type { EntityOf } from "@annals/core";
import type { Kysely } from "kysely";
import type { Database, Users } from "./database.ts";
import { formatCount, printable, type Report } from "./report.ts";
import type { User } from "./user.ts";

const CHANGES_LOOKED_AT = 50;
const USERS_SHOWN = 3;
const PAGE_SIZE = 5;
const EVENTS_SHOWN = 12;

/** Looks some users up by the address they have now, and by the one they had before. */
export const showLookups = async (
  db: Kysely<Database>,
  users: Users,
  report: Report,
): Promise<void> => {
  report.section("Lookups by email: the one that somebody has, and the one they had before");
  const changes = await db
    .selectFrom("user_events")
    .select("id")
    .where("event_type", "=", "EmailChanged")
    .orderBy("position", "desc")
    .limit(CHANGES_LOOKED_AT)
    .execute();
  const ids = [...new Set(changes.map(({ id }) => id))].slice(0, USERS_SHOWN);
  const found = await users.findAll(ids);
  const rows: string[][] = [];
  for (const { state, history } of found.values()) {
    const emails = history.flatMap((event) => ("email" in event ? [event.email] : []));
    const former = emails.at(-2) ?? state.email;
    // In capitals, since lookups normalize as the column does.
    for (const email of [state.email.toUpperCase(), former]) {
      rows.push([printable(email), describe(await users.maybeFindByEmail(email))]);
    }
  }
  if (rows.length === 0) report.note("nobody has changed an email");
  report.table(rows);
};

const describe = (user: EntityOf<typeof User> | undefined): string =>
  user === undefined
    ? "nobody has it now"
    : `${user.state.status}, version ${user.version}, ${printable(user.state.name)}`;

/** Shows the first page of a list: found and ordered by index columns. */
export const showPage = async (users: Users, report: Report): Promise<void> => {
  report.section("The newest suspended users");
  const page = await users.list({
    where: { status: "suspended" },
    orderBy: "createdAt",
    direction: "desc",
    first: PAGE_SIZE,
  });
  if (page.items.length === 0) report.note("nobody is suspended");
  report.table(
    page.items.map(({ state, version }) => [
      printable(state.email),
      `version ${version}`,
      printable(state.name),
    ]),
  );
  if (page.hasNextPage) report.note("… another page follows");
};

/** Shows the last events of the user who has the most. */
export const showHistory = async (
  db: Kysely<Database>,
  users: Users,
  report: Report,
): Promise<void> => {
  const longest = await db
    .selectFrom("users")
    .select("id")
    .orderBy("version", "desc")
    .limit(1)
    .executeTakeFirst();
  if (longest === undefined) return;
  const { state, history, version } = await users.findById(longest.id);
  report.section(`The longest history: ${printable(state.name)}, ${formatCount(version, "event")}`);
  const start = Math.max(0, history.length - EVENTS_SHOWN);
  if (start > 0) report.note(`… ${formatCount(start, "earlier event")}`);
  report.table(
    history.slice(start).map(({ type, ...payload }, at) => {
      return [`${start + at + 1}`, type, printable(Object.values(payload).join(", "))];
    }),
    ["right"],
  );
};
