import type { Driver } from "./driver.ts";
import { annalsDriver } from "./drivers/annals.ts";
import { dcbDriver } from "./drivers/dcb.ts";
import { emmettDriver } from "./drivers/emmett.ts";
import { naiveDriver } from "./drivers/naive.ts";
import { mutantsOf } from "./mutants.ts";

const annals = annalsDriver({
  name: "annals",
  options: "one slot, batches of 500",
  slots: 1,
  batchSize: 500,
});

/** What is compared: each store as it comes, and as its documentation has it safest. */
export const comparedDrivers: readonly Driver[] = [
  annals,
  annalsDriver({ name: "annals-slots", options: "8 slots, batches of 7", slots: 8, batchSize: 7 }),
  emmettDriver({
    name: "emmett",
    options: "defaults; one processorInstanceId",
    isStrict: false,
  }),
  emmettDriver({
    name: "emmett-strict",
    options: "new streams at version 0n, batches of 5,000; one processorInstanceId",
    isStrict: true,
    batchSize: 5_000,
  }),
  dcbDriver({ name: "dcb-es", options: "defaults" }),
  dcbDriver({ name: "dcb-es-uncached", options: "hwmCacheTtlMs: 0", hwmCacheTtlMs: 0 }),
  naiveDriver({ name: "naive", options: "position > last", trailMs: 0 }),
  naiveDriver({ name: "naive-trailing", options: "position > last, 1 s behind", trailMs: 1_000 }),
];

/** Wrong on purpose. */
export const mutants: readonly Driver[] = mutantsOf(annals);

/** @throws Error with a sentence for the user. */
export const driverNamed = (name: string): Driver => {
  const all = [...comparedDrivers, ...mutants];
  const found = all.find((driver) => driver.name === name);
  if (found !== undefined) return found;
  throw new Error(
    `There is no driver "${name}"; there are ${all.map((driver) => driver.name).join(", ")}`,
  );
};
