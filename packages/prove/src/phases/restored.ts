import { dumpInto, dumpTool } from "../dump.ts";
import { writeBusily } from "./busy-writing.ts";
import type { Phase } from "./phase.ts";

/** The database goes on on another server, from a dump that was taken while its consumer was behind. */
export const restored: Phase = {
  name: "restored dump",
  share: 2,
  run: async (trial, events) => {
    const tool = await dumpTool(trial.connectionString);
    if (tool.kind === "missing") return { kind: "skipped", because: tool.because };
    await trial.stopConsumer();
    // These are in the dump, and behind the checkpoint that is in it.
    await writeBusily(trial, { events: events / 2, killsConsumers: false });
    const before = trial.server;
    const { server, connectionString } = await dumpInto(tool, trial.connectionString);
    trial.server = server;
    trial.connectionString = connectionString;
    await before.stop();
    await trial.startConsumer();
    const told = await writeBusily(trial, { events: events / 2, killsConsumers: true });
    return { kind: "ran", told: `${tool.version} while the consumer was behind, then ${told}` };
  },
};
