import type { BenchmarkDatabase } from "../database.ts";
import { type AllocationCost, repositoryAllocations } from "./allocations.ts";
import { type InstalledSize, installedSize } from "./installed-size.ts";
import { type StartUpCost, startUpCosts } from "./start-up.ts";
import { type TypeCost, typeCosts } from "./type-cost.ts";

/** What the library costs beside the database's time. */
export interface Footprint {
  readonly allocations: readonly AllocationCost[];
  readonly startUp: readonly StartUpCost[];
  readonly installed: readonly InstalledSize[];
  readonly types: readonly TypeCost[];
}

const PACKAGES = ["@annals/kysely-adapter", "@event-driven-io/emmett-postgresql"];
const ENTITIES = [1, 10, 50, 200];

export const measureFootprint = async ({ users }: BenchmarkDatabase): Promise<Footprint> => ({
  allocations: await repositoryAllocations(users),
  startUp: await startUpCosts(),
  installed: await Promise.all(PACKAGES.map(installedSize)),
  types: await typeCosts(ENTITIES),
});

export const footprintText = ({ allocations, startUp, installed, types }: Footprint): string =>
  [
    "Allocated for one operation, garbage included:",
    ...allocations.map(({ operation, bytes }) => line(operation, `${kilobytes(bytes)} kB`)),
    "",
    "Importing:",
    ...startUp.map(({ imported, ms }) => line(imported, `${ms.toFixed(0)} ms`)),
    "",
    "Installed, with all that must be there:",
    ...installed.map(({ name, dependencies, ownBytes, bytes }) =>
      line(
        name,
        `${kilobytes(ownBytes)} kB, ${dependencies} others, ${kilobytes(bytes)} kB in all`,
      ),
    ),
    "",
    "Type-checking so many entities, each with a repository in use, beyond the imports:",
    ...types.map(({ entities, instantiations, milliseconds, megabytes }) =>
      line(
        String(entities),
        `${instantiations} instantiations, ${Math.max(0, milliseconds).toFixed(0)} ms, ${megabytes.toFixed(0)} MB`,
      ),
    ),
  ].join("\n");

const line = (name: string, value: string): string => `  ${name.padEnd(40)}${value}`;
const kilobytes = (bytes: number): string => (bytes / 1_000).toFixed(bytes < 10_000 ? 1 : 0);
