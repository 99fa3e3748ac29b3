import { RawNode } from "kysely";
import type { Statement } from "./statement.ts";

/** A statement with its parameters. */
export type Call = readonly [statement: Statement, parameters: readonly unknown[]];

/** Stands for calls that a pool of ours, which takes them as parameters, sends before the first is answered. */
export const FLIGHT = {
  ...{ name: "", sql: "/* annals flight */ select" },
  ...{ node: RawNode.createWithSql("select"), queryId: { queryId: "annals_flight" } },
} satisfies Statement;

/** The calls that a text with its parameters stands for; `undefined` for any other. */
export const callsIn = (
  sql: string,
  parameters: readonly unknown[] | undefined,
): readonly Call[] | undefined =>
  sql === FLIGHT.sql ? (parameters as readonly Call[]) : undefined;

/** What says whether a client sends queries before earlier ones have been answered: pg from 8.23 on. */
export interface Pipelining {
  pipeline?: boolean;
}

/**
 * Lets queries go out without waiting for each other, each still a statement of its own. The switch is pg's; it is
 * on only here, since cursors do not work while it is.
 *
 * @throws what the first that failed failed with, once all have ended. After it, a COMMIT is a ROLLBACK.
 */
export const atOnce = async <Result>(
  client: Pipelining,
  steps: readonly (() => Promise<Result>)[],
): Promise<readonly Result[]> => {
  const before = client.pipeline;
  client.pipeline = true;
  try {
    const ends = await Promise.allSettled(steps.map((step) => step()));
    return ends.map((end) => {
      if (end.status === "rejected") throw end.reason;
      return end.value;
    });
  } finally {
    client.pipeline = before === true;
  }
};

export const canPipeline = (client: Pipelining): boolean => typeof client.pipeline === "boolean";
