import { alreadyApplied, defineEntity, hasApplied, reject } from "@annals/core";
import * as z from "zod";

// #region define
export const Meter = defineEntity({
  name: "meter", // tables "meters", "meter_events", and "meter_snapshots"
  schema: z.object({ place: z.string(), total: z.int(), isSealed: z.boolean() }),
  events: {
    MeterInstalled: z.object({ place: z.string() }),
    UseMeasured: z.object({ units: z.int().min(0) }),
    ReportFiled: z.object({ month: z.string() }),
    MeterSealed: z.object({}),
  },
  snapshot: { every: 100 }, // the state is kept after every hundredth event
  create: (input: { place: string }) => ({ type: "MeterInstalled", ...input }),
  evolve: {
    MeterInstalled: (_, { place }) => ({ place, total: 0, isSealed: false }),
    UseMeasured: (state, { units }) => ({ ...state, total: state.total + units }),
    ReportFiled: (state) => state,
    MeterSealed: (state) => ({ ...state, isSealed: true }),
  },
  commands: {
    measure: ({ state }, units: number) =>
      state.isSealed ? reject("sealed") : { type: "UseMeasured", units },
    seal: ({ state }) => (state.isSealed ? alreadyApplied : { type: "MeterSealed" }),
  },
  historyCommands: {
    fileReport: ({ history }, month: string) =>
      hasApplied(history, { event: "ReportFiled", when: (event) => event.month === month })
        ? alreadyApplied
        : { type: "ReportFiled", month },
  },
  index: { place: { unique: true } },
});
// #endregion
