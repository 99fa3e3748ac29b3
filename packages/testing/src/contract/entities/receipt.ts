import { defineEntity } from "@annals/core";
import * as z from "zod";

/** What consumers write through their transaction, so that effects can be counted. */
export const defineReceipt = (name: string) =>
  defineEntity({
    name,
    schema: z.object({ event: z.string() }),
    events: { ReceiptIssued: z.object({ event: z.string() }) },
    create: (event: string) => ({ type: "ReceiptIssued", event }),
    evolve: { ReceiptIssued: (_, { event }) => ({ event }) },
    commands: {},
    index: { event: {} },
  });
