import type { PgPool, PgPoolClient } from "../../src/index.ts";

/** The three statements of a settled reading, in the order that the proof rests on. */
export type Step = "lastPosition" | "writers" | "events";

/**
 * Called before a step is sent, on the reader's way, so that a test decides what happens first. Says
 * whether the step's connection is lost by that and the step has to take another one.
 */
export type BeforeStep = (step: Step) => Promise<boolean>;

/** Which step of a settled reading a statement is, as everybody can see it on the wire. */
const stepOf = (text: string): Step | undefined => {
  if (text.includes("from annals.position")) return "lastPosition";
  if (text.includes("pg_locks")) return "writers";
  if (text.includes("position > $1")) return "events";
  return undefined;
};

/** A pool that tells of a reader's steps before they are sent. */
export const steppedPool = (pool: PgPool, before: BeforeStep): PgPool => ({
  connect: async () => steppedClient(await pool.connect(), pool, before),
  end: () => pool.end(),
  options: pool.options ?? {},
});

const steppedClient = (client: PgPoolClient, pool: PgPool, before: BeforeStep): PgPoolClient => ({
  query: async (query: string | object, values?: unknown[]) => {
    const step = stepOf(typeof query === "string" ? query : (query as { text: string }).text);
    const isLost = step !== undefined && (await before(step));
    if (!isLost) return await client.query(query, values);
    const another = await pool.connect();
    try {
      return await another.query(query, values);
    } finally {
      another.release();
    }
  },
  release: (destroy) => client.release(destroy),
});

interface StepAction {
  readonly run: () => Promise<void>;
  readonly losesConnection: boolean;
}

/** Does something once, right before a reader's next step of this kind. */
export class StepActions {
  readonly #actions = new Map<Step, StepAction>();

  before(step: Step, run: () => Promise<void>): void {
    this.#actions.set(step, { run, losesConnection: false });
  }

  /** The same for what breaks all connections; the step then goes out on a new one, unawares. */
  crashBefore(step: Step, run: () => Promise<void>): void {
    this.#actions.set(step, { run, losesConnection: true });
  }

  readonly run: BeforeStep = async (step) => {
    const action = this.#actions.get(step);
    this.#actions.delete(step);
    await action?.run();
    return action?.losesConnection ?? false;
  };
}
