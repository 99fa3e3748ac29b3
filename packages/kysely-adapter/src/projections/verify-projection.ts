import {
  type ColumnRow,
  type ComparedCopiesRow,
  compareCopies,
  readColumns,
} from "../statements/compare-copies.ts";
import { approach } from "./approach.ts";
import { Patience } from "./locked-tables.ts";
import { checkTables, qualified } from "./projected-tables.ts";
import { copyName, namesOf, type ProjectionParts, type RunStatement } from "./projection-parts.ts";
import type {
  ProjectionVerification,
  TableVerification,
  VerifyProjectionOptions,
} from "./projection-type.ts";
import { repeated } from "./repeated.ts";
import { discardCopy, prepareCopy } from "./shadow-tables.ts";

const SAMPLES = 10;

/** Fills other tables and compares them; see `ProjectionTables.verify`. */
export const verifyProjection = async <DB>(
  parts: ProjectionParts<DB>,
  { signal, ignore = [] }: VerifyProjectionOptions,
): Promise<ProjectionVerification> => {
  const ended = (position: number, tables: readonly TableVerification[], finished: boolean) => ({
    projection: parts.name,
    position,
    finished,
    matches: finished && tables.every(({ unexpected, missing }) => unexpected + missing === 0),
    tables,
  });
  const patience = new Patience(parts.lockTimeoutMs);
  const prepare = async () => {
    await checkTables(parts);
    // Whatever is left of an earlier call may be of other handlers.
    await prepareCopy(parts, "verify", { restart: true, patience });
  };
  await repeated(parts, signal, prepare, () => patience.grow());
  const options = { signal, replaces: false, onFilled: async () => {} } as const;
  let done: ProjectionVerification | "gone" | undefined;
  try {
    done = await approach(parts, "verify", options, async ({ run, position }) =>
      ended(position, await compared(parts, run, new Set(ignore)), true),
    );
  } finally {
    if (done !== "gone") await discardCopy(parts, "verify");
  }
  // Another process has filled, compared and dropped the same tables.
  return done === undefined || done === "gone" ? ended(0, [], false) : done;
};

const compared = async <DB>(
  parts: ProjectionParts<DB>,
  run: RunStatement,
  ignored: ReadonlySet<string>,
): Promise<readonly TableVerification[]> => {
  const live = namesOf(parts);
  const copies = namesOf(parts, copyName(parts, "verify"));
  const found: TableVerification[] = [];
  for (const [at, table] of parts.tables.entries()) {
    const of = [live[at], copies[at]] as [string, string];
    found.push({ table: qualified(table), ...(await comparedTable(run, of, ignored)) });
  }
  return found;
};

const comparedTable = async (
  run: RunStatement,
  [live, copy]: readonly [string, string],
  ignored: ReadonlySet<string>,
): Promise<Omit<TableVerification, "table">> => {
  const columns = await run<ColumnRow>(readColumns, [live]);
  const isLeftOut = ({ name, is_filled_in }: ColumnRow) => is_filled_in || ignored.has(name);
  const names = columns.filter((column) => !isLeftOut(column)).map(({ name }) => name);
  const [row] = (await run<ComparedCopiesRow>(compareCopies(live, copy, names), [SAMPLES])) as [
    ComparedCopiesRow,
  ];
  return {
    rows: row.rows,
    rebuiltRows: row.rebuilt_rows,
    unexpected: row.unexpected,
    missing: row.missing,
    samples: { unexpected: row.unexpected_rows, missing: row.missing_rows },
    ignored: columns.filter(isLeftOut).map(({ name }) => name),
  };
};
