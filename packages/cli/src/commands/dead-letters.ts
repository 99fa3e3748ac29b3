import type { DeadLetter } from "@annals/core";
import { consumers } from "@annals/kysely-adapter";
import { CliError } from "../cli-error.ts";
import { eventAt } from "../tail/event-at.ts";
import { confirm } from "../terminal/confirm.ts";
import { writeTable } from "../terminal/table.ts";
import type { CommandContext } from "./command-context.ts";
import { consumerNamed } from "./consumers.ts";
import { writeFields } from "./show.ts";

/** All that a dead letter can be. */
export const DEAD_LETTER_STATUSES: readonly DeadLetter["status"][] = [
  ...(["retrying", "waiting", "dead", "redrive"] as const),
  ...(["discarded", "handled"] as const),
];

export interface LetterFlags {
  readonly position?: readonly number[];
  readonly key?: readonly string[];
}

export interface ListFlags extends LetterFlags {
  readonly first?: number;
  readonly status?: readonly DeadLetter["status"][];
}

/** `annals consumers dead-letters list <consumer>`: what waits for somebody to decide. */
export const listLettersCommand = (
  context: CommandContext,
  consumer: string,
  { position: positions, key: keys, first, status }: ListFlags,
): Promise<number> =>
  context.database(async (db) => {
    const { terminal } = context;
    await consumerNamed(db, consumer);
    const letters = await consumers(db).deadLetters({ consumer, positions, keys, first, status });
    for (const letter of letters) terminal.json(letter);
    if (letters.length === 0) terminal.line(`${consumer} has no dead letters.`);
    else {
      writeTable(
        terminal,
        ["position", "event", "of", "status", "attempts", "error"],
        letters.map((one) => [
          ...[one.position, one.eventType, `${one.topic} ${one.key}/${one.sequence}`],
          ...[one.status, one.attempts, errorOf(one)],
        ]),
      );
    }
    return 0;
  });

/** `annals consumers dead-letters show <consumer> <position>`: all that is known of one. */
export const showLetterCommand = (
  context: CommandContext,
  consumer: string,
  position: number,
  { payload = false }: { readonly payload?: boolean },
): Promise<number> =>
  context.database(async (db, config) => {
    const { terminal } = context;
    await consumerNamed(db, consumer);
    const positions = [position];
    const [letter] = await consumers(db).deadLetters({
      consumer,
      positions,
      status: DEAD_LETTER_STATUSES,
    });
    if (letter === undefined) {
      throw new CliError(
        `${consumer} has no dead letter at position ${position}`,
        `annals consumers dead-letters list ${consumer} lists those that there are.`,
      );
    }
    const event = payload ? await eventAt(db, config, letter.topic, position) : undefined;
    terminal.json({ ...letter, ...(payload && { event }) });
    const { topic, key, sequence, error, ...rest } = letter;
    writeFields(terminal, `${letter.eventType} of ${topic} ${key}/${sequence}`, {
      ...rest,
      "error class": error?.class ?? null,
      "error code": error?.code ?? null,
      "error message": error?.message ?? null,
      ...(payload && { event }),
    });
    return 0;
  });

const errorOf = ({ error }: DeadLetter): string =>
  error === null ? "" : `${error.class}: ${error.message}`;

/** `annals consumers dead-letters redrive <consumer>`: has them tried again. */
export const redriveCommand = (
  context: CommandContext,
  consumer: string,
  { position: positions, key: keys }: LetterFlags,
): Promise<number> =>
  context.database(async (db) => {
    await consumerNamed(db, consumer);
    await confirm(context.terminal, `Try dead letters of ${consumer} again?`);
    const redriven = await consumers(db).redrive({ consumer, positions, keys });
    context.terminal.json({ redriven });
    context.terminal.line(`${redriven} will be tried again.`);
    return 0;
  });

/** `annals consumers dead-letters discard <consumer> --reason …`: passes over them for good. */
export const discardCommand = (
  context: CommandContext,
  consumer: string,
  { position: positions, key: keys, reason, all }: LetterFlags & { reason: string; all?: boolean },
): Promise<number> =>
  context.database(async (db) => {
    if (positions === undefined && keys === undefined && !all) {
      throw new CliError("It is not clear which are meant", "Give --position, --key, or --all.");
    }
    await consumerNamed(db, consumer);
    await confirm(context.terminal, `Pass over dead letters of ${consumer} for good?`);
    const discarded = await consumers(db).discard({ consumer, positions, keys, reason });
    context.terminal.json({ discarded });
    context.terminal.line(`${discarded} discarded.`);
    return 0;
  });
