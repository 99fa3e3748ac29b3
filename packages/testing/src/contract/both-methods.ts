import type { ErasureMethod } from "@annals/core";
import type { Bench } from "./bench.ts";
import type { Run } from "./contract-case.ts";

const METHODS: readonly ErasureMethod[] = ["crypto-shredding", "payload-table"];

/** A case that holds for both ways of keeping personal values. */
export const both =
  (run: (bench: Bench, method: ErasureMethod) => Promise<void>): Run =>
  async (bench) => {
    for (const method of METHODS) await run(bench, method);
  };
