import type { Instrument, Operation } from "../port/instrument.ts";

type Call = (...args: never[]) => Promise<unknown>;

/** Surrounds each call with its operation; without an instrument, the calls are what they were. */
export const instrumented = <Calls extends Readonly<Record<string, Call>>>(
  { entity, table }: Pick<Operation, "entity" | "table">,
  instrument: Instrument | undefined,
  calls: Calls,
): Calls => {
  if (instrument === undefined) return calls;
  const surrounded = Object.entries(calls).map(([name, call]): [string, Call] => {
    const surround = instrument.operation({ name, entity, table });
    return [name, (...args) => surround(() => call(...args))];
  });
  return Object.fromEntries(surrounded) as Calls;
};
