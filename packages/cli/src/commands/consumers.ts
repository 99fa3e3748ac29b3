import type { ConsumerAdmin, ConsumerHealth, ConsumerState, StartPlace } from "@annals/core";
import { consumers } from "@annals/kysely-adapter";
import { CliError } from "../cli-error.ts";
import type { AnyDatabase } from "../config/open-database.ts";
import { resetPlace } from "../tail/reset-place.ts";
import { confirm } from "../terminal/confirm.ts";
import { writeTable } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { CommandContext } from "./command-context.ts";

/** `annals consumers [consumer]`: how far consumers have come, how far behind, and what holds them up. */
export const consumersCommand = (
  context: CommandContext,
  name: string | undefined,
): Promise<number> =>
  context.database(async (db) => {
    const { terminal } = context;
    const admin = consumers(db);
    const states = name === undefined ? await admin.list() : [await consumerNamed(db, name)];
    const health = new Map((await admin.health(name)).map((one) => [one.name, one]));
    const found = states.flatMap((state) => {
      const standing = health.get(state.name);
      return standing === undefined ? [] : [{ ...state, ...standing }];
    });
    for (const consumer of found) terminal.json(consumer);
    if (found.length === 0) terminal.line("No consumer has run on this database yet.");
    else writeConsumers(terminal, found);
    for (const one of name === undefined ? [] : found) writeDetails(terminal, one);
    return 0;
  });

type Standing = Omit<ConsumerState, "slots"> & ConsumerHealth;

const writeConsumers = (terminal: Terminal, found: readonly Standing[]): void =>
  writeTable(
    terminal,
    ["consumer", "topics", "condition", "behind", "oldest", "held keys", "dead letters"],
    found.map((one) => [
      ...[one.name, one.topics.join(", "), conditionOf(one), behindOf(one), oldestOf(one)],
      ...[one.heldKeys, one.deadLetters],
    ]),
  );

type Lag = Pick<
  ConsumerHealth,
  "condition" | "because" | "eventsBehind" | "isEstimate" | "oldestUnhandledMs"
>;

const conditionOf = ({ condition, because }: Lag): string =>
  because === null ? condition : `${condition}: ${because}`;

const behindOf = ({ eventsBehind, isEstimate }: Lag): string =>
  `${isEstimate ? "about " : ""}${eventsBehind}`;

const oldestOf = ({ oldestUnhandledMs }: Lag): string =>
  oldestUnhandledMs === null ? "" : `${Math.round(oldestUnhandledMs / 1_000)} s`;

const writeDetails = (terminal: Terminal, { slots, openWriters }: Standing): void => {
  terminal.line();
  writeTable(
    terminal,
    ["slot", "position", "condition", "behind", "oldest", "run", "fails on"],
    slots.map((slot) => [
      ...[slot.slot, slot.position, conditionOf(slot), behindOf(slot), oldestOf(slot)],
      ...[slot.owner ?? "", failingOf(slot)],
    ]),
  );
  for (const { pid, prepared, openForMs, state } of openWriters) {
    const who = prepared === null ? `process ${pid}` : `prepared transaction ${prepared}`;
    const since = `${Math.round(openForMs / 1_000)} s`;
    terminal.line(
      `New events wait for ${who}, open for ${since}${state === null ? "" : `, ${state}`}.`,
    );
  }
};

const failingOf = ({ failing }: ConsumerHealth["slots"][number]): string =>
  failing === null
    ? ""
    : `${failing.eventType ?? "event"} at ${failing.position}, ${failing.attempts} attempts${failing.error === null ? "" : `: ${failing.error.message}`}`;

/** `annals consumers pause <consumer>`: has it stand still, everywhere. */
export const pauseCommand = (
  context: CommandContext,
  name: string,
  { because = "annals consumers pause" }: { readonly because?: string },
): Promise<number> =>
  changing(context, name, {
    question: `Pause ${name}?`,
    make: (admin) => admin.pause(name, because),
    result: () => "is paused",
  });

/** `annals consumers resume <consumer>`: lets it and all of its slots go on. */
export const resumeCommand = (context: CommandContext, name: string): Promise<number> =>
  changing(context, name, {
    question: `Resume ${name}?`,
    make: (admin) => admin.resume(name),
    result: () => "goes on",
  });

/** `annals consumers reset <consumer> --to 2h`: has it handle events again, or pass over some. */
export const resetCommand = (
  context: CommandContext,
  name: string,
  { to }: { readonly to: string },
): Promise<number> => {
  const place = resetPlace(to);
  return changing(context, name, {
    question: `Have ${name} handle everything ${from(place)}? Its open dead letters are discarded.`,
    make: (admin) => admin.reset(name, place),
    result: ({ slots }) => `begins after position ${slots[0]?.position ?? 0}`,
  });
};

const from = (place: StartPlace): string => {
  if (typeof place === "string") return `from ${place === "now" ? "now" : "the beginning"} on`;
  if ("consumer" in place) return `from where ${place.consumer} is`;
  return "time" in place ? `since ${place.time.toISOString()}` : `after position ${place.position}`;
};

interface Change {
  readonly question: string;
  readonly make: (admin: ConsumerAdmin) => Promise<boolean>;
  readonly result: (changed: ConsumerState) => string;
}

const changing = (
  context: CommandContext,
  name: string,
  { question, make, result }: Change,
): Promise<number> =>
  context.database(async (db) => {
    const { terminal } = context;
    await consumerNamed(db, name);
    await confirm(terminal, question);
    if (!(await make(consumers(db)))) throw new CliError(`${name} was removed meanwhile`);
    const changed = await consumerNamed(db, name);
    terminal.json(changed);
    terminal.line(`${name} ${result(changed)}.`);
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
