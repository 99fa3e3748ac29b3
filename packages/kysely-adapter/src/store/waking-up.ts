import type { EntityStore } from "@annals/core/adapter";
import type { WakeUps } from "../connection/wake-ups.ts";

/** An entity's store whose commits wake up whoever waits for events of its table. */
export const wakingUp = <Tx>(
  store: EntityStore<Tx>,
  wakeUps: WakeUps,
  eventsTable: string,
): EntityStore<Tx> => ({
  ...store,
  write: async (write, join) => {
    const result = await store.write(write, join);
    if (result.kind === "written") wakeUps.after(result.durability, eventsTable);
    return result;
  },
  writeAll: async (writes, join) => {
    const result = await store.writeAll(writes, join);
    if (result.kind === "written") wakeUps.after(result.durability, eventsTable);
    return result;
  },
});
