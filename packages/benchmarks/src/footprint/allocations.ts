import { Session } from "node:inspector/promises";
import type { UserRepository } from "../database.ts";

/** What one operation makes the process allocate, garbage included. */
export interface AllocationCost {
  readonly operation: string;
  readonly bytes: number;
}

const RUNS = 3_000;

/** Counts allocated bytes by sampling every few of them, so that no collection can hide any. */
export const allocationsOf = async (
  operation: string,
  run: () => Promise<unknown>,
): Promise<AllocationCost> => {
  for (let warm = 0; warm < RUNS; warm += 1) await run();
  const session = new Session();
  session.connect();
  await session.post("HeapProfiler.startSampling", {
    samplingInterval: 1_024,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  for (let count = 0; count < RUNS; count += 1) await run();
  const { profile } = await session.post("HeapProfiler.stopSampling");
  session.disconnect();
  return { operation, bytes: sum(profile.head) / RUNS };
};

interface Node {
  readonly selfSize: number;
  readonly children: readonly Node[];
}

const sum = ({ selfSize, children }: Node): number =>
  children.reduce((bytes, child) => bytes + sum(child), selfSize);

/** The operations that a server does all day. */
export const repositoryAllocations = async (
  users: UserRepository,
): Promise<readonly AllocationCost[]> => {
  let count = 0;
  const input = () => {
    count += 1;
    return { email: `allocated-${count}@example.com`, name: `Name ${count}` };
  };
  const user = await users.create(input());
  return [
    await allocationsOf("create", () => users.create(input())),
    await allocationsOf("append", async () => {
      count += 1;
      user.rename(`Name ${count}`);
      await users.update(user);
    }),
    await allocationsOf("find by email", () => users.findByEmail("allocated-2@example.com")),
  ];
};
