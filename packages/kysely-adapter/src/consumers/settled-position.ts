import { PositionSequenceBehindError } from "@annals/core";
import { ServerRestartedError } from "./server-restarted-error.ts";

/** What the first look reads. */
export interface LastPosition {
  /** The last position that the sequence gave out. */
  readonly last: number;
  /** The highest position that an event of the topics or a checkpoint has. */
  readonly used: number;
  readonly serverStart: string;
}

/** What the second look reads. */
export interface TopicWriters {
  readonly writers: readonly string[];
  /** Empty writers tell nothing of the server; the first look's start holds then. */
  readonly serverStart: string | undefined;
}

/** The two looks at the database, each a statement with a snapshot of its own. */
export interface SettledLooks {
  lastPosition(): Promise<LastPosition>;
  topicWriters(): Promise<TopicWriters>;
}

/** A position, and the writers that may still commit something at or below it. */
interface Unsettled {
  readonly position: number;
  writers: ReadonlySet<string>;
}

/** Marks that wait at once; more only cost memory while one writer stays open. */
const UNSETTLED_MAX = 16;

/** A position up to which topics are complete, in one life of the server. */
export interface Settled {
  readonly position: number;
  readonly serverStart: string;
}

/**
 * Finds the position up to which a topic is complete: everything at or below it is either visible or
 * will never be there.
 *
 * Positions are drawn before commit, and transactions commit in another order, so the highest visible
 * position proves nothing. But an INSERT locks the events table before it draws and unlocks it only
 * when its commit is visible. So: read the sequence's last value H; *then* see who holds that lock.
 * Whatever is drawn later is above H; whatever was drawn at or below H belongs to one of those holders
 * or is decided. When they are gone, H is settled.
 *
 * The order of the two looks, and that they are two statements, is what the proof rests on. Writers
 * wait for nobody, and a transaction that never touches the topic holds nothing up.
 *
 * All of it holds within one life of the server only. A restart gives a prepared transaction another
 * name, and a crash, of the server or of one backend, may take back draws that were never flushed, so
 * that positions at or below H are drawn a second time.
 */
export class SettledPosition {
  readonly #looks: SettledLooks;
  #settled = 0;
  #unsettled: Unsettled[] = [];
  #serverStart: string | undefined;
  /** The look in hand. They take turns: an answer that comes late would end writers of a newer mark. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(looks: SettledLooks) {
    this.#looks = looks;
  }

  /** The life of the server, while it is known and nothing waits for a writer. */
  get clearIn(): string | undefined {
    return this.#unsettled.length === 0 ? this.#serverStart : undefined;
  }

  /**
   * Looks again and returns the settled position. It falls only after somebody set the sequence back.
   *
   * @param looks how to look this time.
   * @throws PositionSequenceBehindError when the sequence is behind positions in use.
   * @throws ServerRestartedError when what was known belongs to an earlier life of the server.
   */
  look(looks: SettledLooks = this.#looks): Promise<Settled> {
    const look = this.#turn.then(() => this.#look(looks));
    this.#turn = look.catch(() => {});
    return look;
  }

  async #look(looks: SettledLooks): Promise<Settled> {
    try {
      return await this.#lookTwice(looks);
    } catch (error) {
      // A lost connection may be the first sign of a restart.
      this.#forget();
      throw error;
    }
  }

  async #lookTwice(looks: SettledLooks): Promise<Settled> {
    const { last, used, serverStart } = await looks.lastPosition();
    if (last < used) throw new PositionSequenceBehindError({ last, used });
    this.#serverStart ??= serverStart;
    if (serverStart !== this.#serverStart) throw new ServerRestartedError();
    if (last < this.#highest()) this.#forgetMarks();

    // Nothing was drawn since everything was settled: one small statement, while a topic is quiet.
    if (last === this.#settled && this.#unsettled.length === 0) {
      return { position: last, serverStart };
    }
    const holders = await looks.topicWriters();
    if ((holders.serverStart ?? serverStart) !== serverStart) throw new ServerRestartedError();
    this.#settle(last, new Set(holders.writers));
    return { position: this.#settled, serverStart };
  }

  #settle(last: number, holders: ReadonlySet<string>): void {
    this.#unsettled.push({ position: last, writers: holders });
    for (const mark of this.#unsettled) mark.writers = intersection(mark.writers, holders);
    const settled = this.#unsettled.findLast(({ writers }) => writers.size === 0);
    if (settled !== undefined) {
      this.#settled = Math.max(this.#settled, settled.position);
      this.#unsettled = this.#unsettled.filter(({ position }) => position > settled.position);
    }
    // The oldest marks settle first; of the newer ones any will do.
    if (this.#unsettled.length > UNSETTLED_MAX) this.#unsettled.splice(UNSETTLED_MAX - 1, 1);
  }

  #highest(): number {
    return this.#unsettled.at(-1)?.position ?? this.#settled;
  }

  /** Positions above what the sequence was set back to are drawn a second time. */
  #forgetMarks(): void {
    this.#settled = 0;
    this.#unsettled = [];
  }

  #forget(): void {
    this.#forgetMarks();
    this.#serverStart = undefined;
  }
}

const intersection = (
  some: ReadonlySet<string>,
  others: ReadonlySet<string>,
): ReadonlySet<string> => new Set([...some].filter((item) => others.has(item)));
