import type { Repository } from "@annals/core";
import type { Meter } from "./meter.ts";

type Meters = Repository<typeof Meter, never>;

// #region use
export const endOfMonth = async (meters: Meters, id: string, units: number, month: string) => {
  await meters.transact(id, (meter) => meter.measure(units)); // the state and at most 99 events
  await meters.transact(id, (meter) => meter.fileReport(month), { history: true }); // every event
  const meter = await meters.findById(id);
  return meter.state.total; // meter.history and meter.fileReport() throw HistoryNotLoadedError
};
// #endregion
