import { createManyStatement } from "../by-hand/batch-statements.ts";
import type { BenchmarkDatabase, UserRepository } from "../database.ts";
import { newId } from "../fresh-values.ts";
import type { Variant } from "../measure/interleave.ts";
import { emmettUsers } from "../peers/emmett.ts";
import type { PeerUsers } from "../peers/peer-users.ts";
import type { Tables } from "../tables.ts";
import type { CaseSource } from "./benchmark-case.ts";

/** Creates many users with one event each, all or none. */
const createAllCase = (size: number): CaseSource => ({
  name: `create-all-${size}`,
  unit: "entities",
  prepare: async (database) => {
    const floor = byStatement("by hand, one statement", database, "guarded", size);
    const variants: readonly Variant[] = [
      byRepository("annals", database.users, size),
      byRepository("annals, guards minimal", database.usersMinimallyGuarded, size),
      oneByOne("annals, one by one", database.users),
      floor,
      byStatement("by hand, bare tables", database, "bare", size),
      byEmmett("emmett, one by one", await emmettUsers(database)),
    ];
    return { floor, variants };
  },
});

export const createAllCases: readonly CaseSource[] = [createAllCase(100), createAllCase(1_000)];

let count = 0;

const newInputs = (size: number) =>
  Array.from({ length: size }, () => {
    count += 1;
    return { email: `many-${count}@example.com`, name: `Name ${count}` };
  });

const byRepository = (name: string, users: UserRepository, size: number): Variant => ({
  name,
  operationsPerRun: size,
  run: () => users.createAll(newInputs(size)),
});

/** What goes one by one takes as long for each, however many there are. */
const SOME = 100;

const oneByOne = (name: string, users: UserRepository): Variant => ({
  name,
  operationsPerRun: SOME,
  run: async () => {
    for (const input of newInputs(SOME)) await users.create(input);
  },
});

const byStatement = (
  name: string,
  { pool }: BenchmarkDatabase,
  tables: Tables,
  size: number,
): Variant => {
  const statement = createManyStatement(tables);
  return {
    name,
    operationsPerRun: size,
    run: async () => {
      const inputs = newInputs(size).map((input) => ({ id: newId(), ...input }));
      const rows = inputs.map(({ id, email }) => ({ id, email, status: "active" }));
      const events = inputs.map(({ id, ...input }) => ({
        id,
        sequence: 1,
        event: { type: "UserRegistered", ...input },
      }));
      const values = [JSON.stringify(rows), JSON.stringify(events)];
      const { rowCount } = await pool.query({ ...statement, values });
      if (rowCount !== size) throw new Error(`A batch of the benchmark wrote ${rowCount} rows`);
    },
  };
};

const byEmmett = (name: string, users: PeerUsers): Variant => ({
  name,
  operationsPerRun: SOME,
  run: async () => {
    for (const input of newInputs(SOME)) await users.create(newId(), input);
  },
});
