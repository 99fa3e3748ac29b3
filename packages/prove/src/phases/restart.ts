import { setTimeout as sleep } from "node:timers/promises";
import { backendCrash, serverCrash } from "@annals/faults";
import { stoodStill } from "../writers.ts";
import { writeBusily } from "./busy-writing.ts";
import type { Phase } from "./phase.ts";

/** A backend that dies as by the kernel's hand, and a server that stops where it is; both recover. */
export const restart: Phase = {
  name: "crashes",
  share: 2,
  run: async (trial, events) => {
    await trial.startConsumer();
    const told = await writeBusily(trial, {
      events,
      killsConsumers: false,
      meanwhile: async (budget) => {
        for (const [crash, left] of [
          [backendCrash, events * 0.7],
          [serverCrash, events * 0.35],
        ] as const) {
          while (budget.left > left && !stoodStill(budget)) await sleep(5);
          await crash(trial.server);
        }
      },
    });
    return { kind: "ran", told: `a backend killed, the server stopped at once, ${told}` };
  },
};
