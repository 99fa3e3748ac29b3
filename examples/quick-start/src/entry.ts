import { defineEntity } from "@annals/core";
import * as z from "zod";

// #region define
/** As strict as it gets: events are chained, and one role may add and nothing else. */
export const Entry = defineEntity({
  name: "entry",
  table: "entries",
  guards: "chained",
  writerRole: "ledger_writer",
  schema: z.object({ cents: z.int() }),
  events: { Booked: z.object({ cents: z.int() }) },
  create: (cents: number) => ({ type: "Booked", cents }),
  evolve: { Booked: (_, { cents }) => ({ cents }) },
  commands: {},
  index: {},
});
// #endregion
