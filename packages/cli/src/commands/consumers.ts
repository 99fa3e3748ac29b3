import type { ConsumerAdmin, ConsumerState } from "@annals/core";
import { consumers } from "@annals/kysely-adapter";
import { CliError } from "../cli-error.ts";
import type { AnyDatabase } from "../config/open-database.ts";
import { confirm } from "../terminal/confirm.ts";
import { writeTable } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { CommandContext } from "./command-context.ts";

/** `annals consumers [consumer]`: how far consumers have come, and what holds them up. */
export const consumersCommand = (
  context: CommandContext,
  name: string | undefined,
): Promise<number> =>
  context.database(async (db) => {
    const { terminal } = context;
    const found = name === undefined ? await consumers(db).list() : [await consumerNamed(db, name)];
    for (const consumer of found) terminal.json(consumer);
    if (found.length === 0) terminal.line("No consumer has run on this database yet.");
    else writeConsumers(terminal, found);
    for (const one of name === undefined ? [] : found) writeSlots(terminal, one);
    return 0;
  });

const writeConsumers = (terminal: Terminal, found: readonly ConsumerState[]): void =>
  writeTable(
    terminal,
    ["consumer", "topics", "state", "position", "held keys", "dead letters"],
    found.map((one) => [
      ...[one.name, one.topics.join(", "), stateOf(one)],
      ...[Math.min(...one.slots.map(({ position }) => position)), one.heldKeys, one.deadLetters],
    ]),
  );

const stateOf = ({ pausedBecause, slots }: ConsumerState): string => {
  if (pausedBecause !== null) return `paused: ${pausedBecause}`;
  const paused = slots.filter((slot) => slot.pausedBecause !== null);
  if (paused.length > 0) return `${paused.length} of ${slots.length} slots paused`;
  return slots.some(({ owner }) => owner !== null) ? "running" : "nobody runs it";
};

const writeSlots = (terminal: Terminal, { slots }: ConsumerState): void => {
  terminal.line();
  writeTable(
    terminal,
    ["slot", "position", "state", "run"],
    slots.map(({ slot, position, pausedBecause, owner }) => [
      ...[slot, position],
      ...[pausedBecause === null ? "" : `paused: ${pausedBecause}`, owner ?? ""],
    ]),
  );
};

/** `annals consumers pause <consumer>`: has it stand still, everywhere. */
export const pauseCommand = (
  context: CommandContext,
  name: string,
  { because = "annals consumers pause" }: { readonly because?: string },
): Promise<number> =>
  changing(context, name, `Pause ${name}?`, (admin) => admin.pause(name, because), "is paused");

/** `annals consumers resume <consumer>`: lets it and all of its slots go on. */
export const resumeCommand = (context: CommandContext, name: string): Promise<number> =>
  changing(context, name, `Resume ${name}?`, (admin) => admin.resume(name), "goes on");

/** `annals consumers reset <consumer> --to 0`: has it handle events again. */
export const resetCommand = (
  context: CommandContext,
  name: string,
  { to }: { readonly to: number },
): Promise<number> =>
  changing(
    context,
    name,
    `Have ${name} handle everything after position ${to}? Its open dead letters are discarded.`,
    (admin) => admin.reset(name, to),
    `begins after position ${to}`,
  );

const changing = (
  context: CommandContext,
  name: string,
  question: string,
  change: (admin: ConsumerAdmin) => Promise<boolean>,
  result: string,
): Promise<number> =>
  context.database(async (db) => {
    const { terminal } = context;
    await consumerNamed(db, name);
    await confirm(terminal, question);
    if (!(await change(consumers(db)))) throw new CliError(`${name} was removed meanwhile`);
    terminal.json(await consumerNamed(db, name));
    terminal.line(`${name} ${result}.`);
    return 0;
  });

/** @throws CliError when there is none of this name. */
export const consumerNamed = async (db: AnyDatabase, name: string): Promise<ConsumerState> => {
  const all = await consumers(db).list();
  const found = all.find((one) => one.name === name);
  if (found !== undefined) return found;
  throw new CliError(
    `There is no consumer "${name}"`,
    `The consumers are ${all.map((one) => one.name).join(", ") || "none yet: one is registered when it first runs"}.`,
  );
};
