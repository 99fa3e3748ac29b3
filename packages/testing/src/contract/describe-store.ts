import { afterAll, beforeAll, describe, it } from "vitest";
import { Bench, type OpaqueTx } from "./bench.ts";
import type { ContractCase } from "./contract-case.ts";
import { contract } from "./contract-groups.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

/** Cases that a store leaves out, and why. */
export interface Skips {
  readonly reason: string;
  readonly cases: readonly string[];
}

/** Creating tables on a busy machine takes longer than Vitest's own limit. */
const TIMEOUT_MS = 60_000;

/**
 * Declares the suite that every implementation of the port passes. Call it at the top of a test file.
 *
 * @param open opens the store once, before the first case.
 * @param skips cases to leave out, by name; only those that need several connections or a watcher of
 * the user's own transactions can be.
 */
export const describeStore = <Tx>(
  name: string,
  open: () => Promise<StoreUnderTest<Tx>>,
  ...skips: readonly Skips[]
): void => {
  const reasons = skipReasons(skips);
  describe(name, () => {
    let subject: StoreUnderTest<Tx> | undefined;
    beforeAll(async () => {
      subject = await open();
    }, TIMEOUT_MS);
    afterAll(() => subject?.close(), TIMEOUT_MS);
    // A store gives the transactions it opens the members that cases use.
    const bench = () => new Bench(subject as unknown as StoreUnderTest<OpaqueTx>);

    for (const { title, cases } of contract) {
      describe(title, () => {
        for (const { name: caseName, run } of cases) {
          it(
            caseName,
            async ({ skip }) => {
              const reason = reasons.get(caseName);
              if (reason !== undefined) skip(reason);
              await run(bench());
            },
            TIMEOUT_MS,
          );
        }
      });
    }
  });
};

const skipReasons = (skips: readonly Skips[]): ReadonlyMap<string, string> => {
  const byName = new Map<string, ContractCase>();
  for (const one of contract.flatMap(({ cases }) => cases)) {
    if (byName.has(one.name)) throw new Error(`The contract has two cases "${one.name}"`);
    byName.set(one.name, one);
  }
  const reasons = new Map<string, string>();
  for (const { reason, cases } of skips) {
    for (const name of cases) {
      const known = byName.get(name);
      if (known === undefined) throw new Error(`The contract has no case "${name}" to skip`);
      if (known.need === undefined) throw new Error(`No store may skip "${name}"`);
      reasons.set(name, reason);
    }
  }
  return reasons;
};
