import type { Bench } from "./bench.ts";

/** What a store may lack without being wrong. A case that needs one of these may be skipped. */
export type Need =
  /** Two transactions at a time. */
  | "several connections"
  /** To see how a transaction ends that the user opened and ends. */
  | "watched transactions";

export type Run = (bench: Bench) => Promise<void>;

export interface ContractCase {
  readonly name: string;
  readonly need: Need | undefined;
  readonly run: Run;
}

/** Cases about one thing that every store does. */
export interface ContractGroup {
  readonly title: string;
  readonly cases: readonly ContractCase[];
}

/** Marks a case that a store may skip when it lacks what the case needs. */
export const needs = (need: Need, run: Run): { readonly need: Need; readonly run: Run } => ({
  need,
  run,
});

export const contractGroup = (
  title: string,
  cases: Readonly<Record<string, Run | { readonly need: Need; readonly run: Run }>>,
): ContractGroup => ({
  title,
  cases: Object.entries(cases).map(([name, given]) =>
    typeof given === "function" ? { name, need: undefined, run: given } : { name, ...given },
  ),
});
