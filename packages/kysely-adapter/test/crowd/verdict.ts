import { type Kysely, sql } from "kysely";
import { verify } from "../../src/index.ts";
import { Resident } from "../database/resident.ts";
import { DEEDS, type Deed, type Outcome, type Residents, type Written } from "./client.ts";

/** What the clients left behind, held against what they were told. */
export interface Verdict {
  /** How many deeds of each kind were done, and how many refused. */
  readonly done: Readonly<Record<Deed, number>>;
  readonly refused: Readonly<Record<string, number>>;
  readonly entities: number;
  readonly events: number;
  /** Entities whose version is not the number of events that somebody was told were written. */
  readonly miscounted: readonly string[];
  /** Entities whose score is not the sum of what was added to it: lost updates. */
  readonly lostUpdates: readonly string[];
  /** Index rows that are not what their events fold into. */
  readonly unlikeFold: number;
  /** Entities that were folded and compared. */
  readonly compared: number;
  /** Unique values that two live rows share. */
  readonly doubled: number;
  /** Rows whose finder finds them although they are deleted, or does not although they are not. */
  readonly misfound: number;
}

export const verdict = async (
  db: Kysely<unknown>,
  residents: Residents,
  founders: readonly Written[],
  outcomes: readonly Outcome[],
): Promise<Verdict> => {
  const told = toldOf([
    ...founders,
    ...outcomes.flatMap((one) => ("written" in one ? one.written : [])),
  ]);
  const found = await residents.findAll(told.keys(), { includeDeleted: true });
  const miscounted: string[] = [];
  const lostUpdates: string[] = [];
  let misfound = 0;
  for (const [id, { events, scored }] of told) {
    const resident = found.get(id);
    if (resident?.version !== events) miscounted.push(id);
    if (resident?.state.score !== scored) lostUpdates.push(id);
    if (resident === undefined) continue;
    const owner = await residents.maybeFindByEmail(resident.state.email);
    if ((owner?.id === id) === resident.isDeleted) misfound += 1;
  }
  const { checked, differing } = await verify(db, Resident);
  const { rows } = await sql<{ entities: number; events: number; doubled: number }>`select
    (select count(*)::int from residents) as entities,
    (select count(*)::int from resident_events) as events,
    (select count(*)::int from (
      select from residents where deleted_at is null group by email having count(*) > 1
      union all
      select from residents where deleted_at is null group by house, room having count(*) > 1
    ) twice) as doubled`.execute(db);
  const [{ entities, events, doubled }] = rows as [(typeof rows)[number]];
  return {
    done: countOf(outcomes.filter((one) => "written" in one).map(({ deed }) => deed)),
    refused: refusals(outcomes),
    entities,
    events,
    miscounted,
    lostUpdates,
    unlikeFold: differing,
    compared: checked,
    doubled,
    misfound,
  };
};

const toldOf = (written: readonly Written[]): ReadonlyMap<string, Omit<Written, "id">> => {
  const told = new Map<string, Omit<Written, "id">>();
  for (const { id, events, scored } of written) {
    const before = told.get(id) ?? { events: 0, scored: 0 };
    told.set(id, { events: before.events + events, scored: before.scored + scored });
  }
  return told;
};

const countOf = (deeds: readonly Deed[]): Record<Deed, number> =>
  Object.fromEntries(
    DEEDS.map((deed) => [deed, deeds.filter((one) => one === deed).length]),
  ) as Record<Deed, number>;

const refusals = (outcomes: readonly Outcome[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const one of outcomes) {
    if ("refused" in one) counts[one.refused] = (counts[one.refused] ?? 0) + 1;
  }
  return counts;
};
