import { type AnyEntity, defineEntity, upcast } from "@annals/core";
import * as z from "zod";

const letter = (payload: z.ZodObject, more: object = {}): AnyEntity =>
  defineEntity({
    name: "letter",
    schema: z.object({}),
    events: { Sent: payload },
    create: () => ({ type: "Sent", to: "x" }) as never,
    evolve: { Sent: () => ({}) },
    commands: {},
    index: {},
    ...more,
  } as never);

const first = z.object({ to: z.string() });
const second = z.object({ to: z.string(), urgent: z.boolean() });

/** One entity as a team may edit it. */
export const variants: Readonly<Record<string, AnyEntity>> = {
  first: letter(first),
  wider: letter(first.extend({ urgent: z.boolean().optional() })),
  narrower: letter(second),
  versioned: letter(second, {
    versions: { Sent: [upcast(first, ({ to }) => ({ to, urgent: false }))] },
  }),
};
