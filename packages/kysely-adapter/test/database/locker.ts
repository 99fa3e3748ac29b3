import { alreadyApplied, defineEntity } from "@annals/core";
import * as z from "zod";

const fields = {
  hall: z.string(),
  number: z.int().min(1).max(100_000),
  label: z.string(),
  key: z.string().nullable(),
};

export interface LockerInput {
  readonly hall: string;
  readonly number: number;
  readonly label: string;
  readonly key: string | null;
}

/** Values that move: alone with a condition, alone and possibly absent, and two together. */
export const Locker = defineEntity({
  name: "locker",
  schema: z.object(fields),
  events: { LockerBuilt: z.object(fields), LockerChanged: z.object(fields) },
  create: (input: LockerInput) => ({ type: "LockerBuilt", ...input }),
  evolve: {
    LockerBuilt: (_, { type: _type, ...locker }) => locker,
    LockerChanged: (_, { type: _type, ...locker }) => locker,
  },
  commands: {
    change: ({ state }, to: Partial<LockerInput>) => {
      const changed = { ...state, ...to };
      return JSON.stringify(changed) === JSON.stringify(state)
        ? alreadyApplied
        : { type: "LockerChanged", ...changed };
    },
  },
  index: {
    hall: {},
    number: { check: "number between 1 and 100000" },
    label: { unique: true, check: "label ~ '^[A-Z]-[0-9]{1,5}$'" },
    key: { unique: true },
  },
  uniqueTogether: [["hall", "number"]],
});
