import type { ConsumerPlan, ConsumerStore, OwnedSlot } from "@annals/core/adapter";
import type { Statement } from "../connection/statement.ts";
import { spreadSlots } from "../statements/consumer-registration.ts";
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
  run: RunStatement,
): Pick<ConsumerStore<never>, "attend" | "release"> => ({
  attend: async ({ process, leaseMs, wants, moved }) => {
    if (wants === "all") await run(renewLeases, [name, process, leaseMs, moved], "attend");
    else await run(joinConsumer, [name, process, leaseMs, moved, handles], "attend");
    let standing = await readOnce(run, name, process);
    if (standing.drain_to !== null) {
      await run(spreadSlots, [name], "attend");
      standing = await readOnce(run, name, process);
    }
    const { slots, processes, older, drain_to, elsewhere } = standing;
    // Another process handles an event type that this one does not even know: it is the newer one.
    const isOld = elsewhere.some((type) => !knows.includes(type));
    const quota = isOld ? 0 : wants === "all" ? slots : evenShare(slots, processes, older);
    const owned = standing.owned.map(toOwnedSlot);
    if (owned.length < quota) {
      const parameters = [name, process, leaseMs, quota - owned.length];
      owned.push(...(await run<SlotRow>(takeSlots, parameters, "attend")).map(toOwnedSlot));
    }
    return {
      slots,
      owned,
      quota,
      drainTo: drain_to === null ? undefined : Number(drain_to),
      paused: standing.paused ?? undefined,
    };
  },

  release: async (process, slots) => {
    if (slots === undefined) await run(leaveConsumer, [name, process], "release");
    else await run(releaseSlots, [name, process, slots], "release");
  },
});

const readOnce = async (run: RunStatement, name: string, process: string): Promise<StandingRow> => {
  const [standing] = await run<StandingRow>(readStanding, [name, process], "attend");
  if (standing === undefined) throw new Error(`Consumer "${name}" is not registered any more`);
  return standing;
};

/** What is left over goes to the oldest, so that a newcomer takes no more than it has to. */
const evenShare = (slots: number, processes: number, older: number): number =>
  Math.floor(slots / processes) + (older < slots % processes ? 1 : 0);

const toOwnedSlot = ({ slot, epoch, position, moves, losses, suspect }: SlotRow): OwnedSlot => ({
  slot,
  epoch: Number(epoch),
  position: Number(position),
  moves: Number(moves),
  losses,
  suspect: suspect === null ? undefined : Number(suspect),
});
