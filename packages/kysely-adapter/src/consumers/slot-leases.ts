import { ConsumerRemovedError, ConsumerRenamedError } from "@annals/core";
import type { ConsumerPlan, ConsumerStore, OwnedSlot } from "@annals/core/adapter";
import { SQLSTATE, sqlstateOf } from "../connection/sqlstate.ts";
import type { Statement } from "../connection/statement.ts";
import { readRenaming, spreadSlots } from "../statements/consumer-registration.ts";
import {
  joinConsumer,
  leaveConsumer,
  readStanding,
  releaseSlots,
  renewLeases,
  type SlotRow,
  type StandingRow,
  takeSlots,
} from "../statements/slot-leases.ts";

type RunStatement = <Row>(
  text: Statement,
  parameters: readonly unknown[],
  call: string,
) => Promise<readonly Row[]>;

/** How processes share the slots of a consumer. */
export const slotLeases = (
  { name, handles, knows }: ConsumerPlan,
  declared: readonly string[],
  run: RunStatement,
): Pick<ConsumerStore<never>, "attend" | "release"> => {
  // Told with the next beat.
  let told: string | undefined;
  return {
    attend: async ({ process, leaseMs, wants, moved }) => {
      const beat = [name, process, leaseMs, moved];
      if (wants === "all") await run(renewLeases, beat, "attend");
      else
        await run(joinConsumer, [...beat, handles, told ?? null], "attend").catch(asUnregistered);
      let standing = await readOnce(run, name, process);
      if (standing.drain_to !== null) {
        await run(spreadSlots, [name], "attend");
        standing = await readOnce(run, name, process);
      }
      const { slots, processes, older, drain_to } = standing;
      const waitsBecause = reasonToWait(standing, declared, knows);
      const share = wants === "all" ? slots : evenShare(slots, processes, older);
      const quota = waitsBecause === undefined ? share : 0;
      if (wants === "shared" && waitsBecause !== told) {
        told = waitsBecause;
        await run(joinConsumer, [...beat, handles, told ?? null], "attend");
      }
      const owned = standing.owned.map(toOwnedSlot);
      if (owned.length < quota) {
        const parameters = [name, process, leaseMs, quota - owned.length, declared];
        owned.push(...(await run<SlotRow>(takeSlots, parameters, "attend")).map(toOwnedSlot));
      }
      return {
        slots,
        owned,
        quota,
        drainTo: drain_to === null ? undefined : Number(drain_to),
        paused: standing.paused ?? undefined,
        waitsBecause,
      };
    },

    release: async (process, slots) => {
      if (slots === undefined) await run(leaveConsumer, [name, process], "release");
      else await run(releaseSlots, [name, process, slots], "release");
    },
  };
};

const readOnce = async (run: RunStatement, name: string, process: string): Promise<StandingRow> => {
  const [standing] = await run<StandingRow>(readStanding, [name, process], "attend");
  if (standing === undefined) throw await goneError(run, name);
  return standing;
};

/** What is thrown for a consumer that was there and is no more. */
export const goneError = async (run: RunStatement, consumer: string): Promise<Error> => {
  const [row] = await run<{ renamed_to: string }>(readRenaming, [consumer], "attend");
  return row === undefined
    ? new ConsumerRemovedError({ consumer })
    : new ConsumerRenamedError({ consumer, renamedTo: row.renamed_to });
};

/** A process of a consumer that is gone cannot join it; what is read next says so. */
const asUnregistered = (error: unknown): readonly never[] => {
  if (sqlstateOf(error) === SQLSTATE.foreignKey) return [];
  throw error;
};

/** Another process is newer when it handles an event type, or a version, that this one does not even know. */
const reasonToWait = (
  { topics, elsewhere }: StandingRow,
  declared: readonly string[],
  knows: readonly string[],
): string | undefined => {
  if (topics.join() !== declared.join()) return `the consumer follows ${topics.join(", ")} now`;
  const newer = elsewhere.filter((type) => !knows.includes(type));
  return newer.length === 0 ? undefined : `another process handles ${newer.join(", ")}`;
};

/** What is left over goes to the oldest, so that a newcomer takes no more than it has to. */
const evenShare = (slots: number, processes: number, older: number): number =>
  Math.floor(slots / Math.max(1, processes)) + (older < slots % Math.max(1, processes) ? 1 : 0);

const toOwnedSlot = ({ slot, epoch, position, moves, losses, suspect }: SlotRow): OwnedSlot => ({
  slot,
  epoch: Number(epoch),
  position: Number(position),
  moves: Number(moves),
  losses,
  suspect: suspect === null ? undefined : Number(suspect),
});
