import { appendCase } from "./append-case.ts";
import type { CaseSource } from "./benchmark-case.ts";
import { cachedCases } from "./cached-cases.ts";
import { commandCase } from "./command-case.ts";
import { consumeCases } from "./consume-cases.ts";
import { contentionCases } from "./contention-cases.ts";
import { createAllCases } from "./create-all-cases.ts";
import { createCase } from "./create-case.ts";
import { listCase } from "./list-case.ts";
import { maintenanceCase } from "./maintenance-cases.ts";
import { pagingCases } from "./paging-cases.ts";
import { personalCases } from "./personal-cases.ts";
import { findCase, readCases } from "./read-cases.ts";
import { replayCase } from "./replay-case.ts";
import { rulesCase } from "./rules-case.ts";
import { snapshotCase } from "./snapshot-case.ts";
import { tenantCases } from "./tenant-cases.ts";
import { treeCase } from "./tree-case.ts";

/** What also runs under conditions like those of production. */
export const mainCases: readonly CaseSource[] = [createCase, appendCase, findCase, commandCase];

/** In the order in which they run. */
export const allCases: readonly CaseSource[] = [
  createCase,
  appendCase,
  rulesCase,
  ...createAllCases,
  ...readCases,
  treeCase,
  snapshotCase,
  listCase,
  commandCase,
  ...cachedCases,
  ...contentionCases,
  ...pagingCases,
  ...consumeCases,
  replayCase,
  maintenanceCase,
  ...personalCases,
  ...tenantCases,
];
