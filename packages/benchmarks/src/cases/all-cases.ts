import { appendCase } from "./append-case.ts";
import type { CaseSource } from "./benchmark-case.ts";
import { consumeCases } from "./consume-cases.ts";
import { createCase } from "./create-case.ts";
import { readCases } from "./read-cases.ts";

/** In the order in which they run. */
export const allCases: readonly CaseSource[] = [
  createCase,
  appendCase,
  ...readCases,
  ...consumeCases,
];
