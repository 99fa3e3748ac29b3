import type { ConsumerPlan, ReadRequest, TopicRead } from "@annals/core/adapter";
import type { Database } from "../connection/database.ts";
import type { Call } from "../connection/flight.ts";
import { type LastPositionRow, lastPosition } from "../statements/last-position.ts";
import { readTopic } from "../statements/read-topic.ts";
import { eventsIn, type TopicLists } from "../statements/topic-lists.ts";
import { type TopicWriterRow, topicWriters } from "../statements/topic-writers.ts";
import {
  type LastPosition,
  type Settled,
  type SettledLooks,
  SettledPosition,
  type TopicWriters,
} from "./settled-position.ts";

/** Reads the topics of one consumer up to where they are settled. */
export class TopicReader<DB> {
  readonly #database: Database<DB>;
  readonly #plan: ConsumerPlan;
  readonly #position: SettledPosition;
  readonly #last;
  readonly #writers;
  readonly #whole;
  readonly #bySlot;
  /** What the last look found. It stays true in its life of the server, so that it is used up first. */
  #known: Settled | undefined;
  #version = 0;
  /** Whether something was committed since the last look, as far as this process was told. */
  #expectsNews = false;

  constructor(database: Database<DB>, plan: ConsumerPlan) {
    this.#database = database;
    this.#plan = plan;
    const { schema } = database;
    const plans = plan.topics.map((topic) => topic.plan);
    const tables = plans.map(({ eventsTable }) => eventsTable);
    const keys = plan.keys !== undefined;
    const scope = plan.scope !== undefined;
    this.#last = lastPosition(schema, tables);
    this.#writers = topicWriters(schema, tables);
    this.#whole = readTopic(schema, plans, { slots: false, keys, scope });
    this.#bySlot = readTopic(schema, plans, { slots: true, keys, scope });
    this.#position = new SettledPosition(this.#looks());
  }

  async settled(): Promise<Settled> {
    return this.#look(this.#looks());
  }

  /** Lets readings go up to what is known to be settled, without another look. */
  know(settled: Settled): void {
    this.#known = settled;
  }

  /** Has the next reading look again. */
  forget(): void {
    this.#known = undefined;
  }

  /** Has the next reading read at once what it is likely to find settled. */
  expectNews(): void {
    this.#expectsNews = true;
  }

  async read(request: ReadRequest): Promise<TopicRead> {
    const { after, upTo, limit } = request;
    const ahead: Ahead = {};
    const isEnough = this.#known !== undefined && this.#known.position > after;
    const settled = isEnough
      ? (this.#known as Settled)
      : await this.#look(this.#looksAhead(request, ahead));
    const { position, serverStart: life } = settled;
    const bound = Math.min(position, upTo ?? position);
    if (bound <= after) {
      return { events: [], upTo: after, more: false, life, version: this.#version };
    }
    const rows = ahead.rows ?? (await this.#run<TopicLists>(this.#reading(request, bound, life)));
    const read = eventsIn(rows);
    const events =
      ahead.rows === undefined ? read : read.filter((event) => event.position <= bound);
    const reached = events.length === limit ? (events.at(-1)?.position ?? bound) : bound;
    const more = reached < position;
    return { events, upTo: reached, more, life, version: this.#version };
  }

  async #look(looks: SettledLooks): Promise<Settled> {
    this.#known = undefined;
    this.#known = await this.#position.look(looks);
    return this.#known;
  }

  #reading({ after, limit, for: { slots, of } }: ReadRequest, bound: number, life: string): Call {
    const { topics, keys, scope = [] } = this.#plan;
    const isWhole = of === 1 && slots.length === of;
    const parameters = [
      ...[after, bound, limit, life],
      ...(of === 1 ? [null, null] : [slots, of]),
      keys ?? null,
      ...topics.map(({ passedOver }) => passedOver),
      ...scope,
    ];
    return [isWhole ? this.#whole : this.#bySlot, parameters];
  }

  /** The two looks, each a statement with a snapshot of its own. */
  #looks(): SettledLooks {
    return {
      lastPosition: async () => this.#lastIn(await this.#run(this.#lastPosition())),
      topicWriters: async () => writersIn(await this.#run([this.#writers, []])),
    };
  }

  /**
   * The same two looks, with what comes next on its way at once: where something is expected, both and the
   * reading; otherwise, after a first look that found something, the second and the reading. Each is a
   * statement that begins when the one before has ended.
   */
  #looksAhead(request: ReadRequest, ahead: Ahead): SettledLooks {
    // What waits for a writer would be read again and again, in vain.
    const life = this.#position.clearIn;
    const readingTo = (bound: number): readonly Call[] =>
      life === undefined ? [] : [this.#reading(request, bound, life)];
    const isExpected = this.#expectsNews;
    this.#expectsNews = false;
    let last = Number.MAX_SAFE_INTEGER;
    let writers: readonly TopicWriterRow[] | undefined;
    return {
      lastPosition: async () => {
        const calls = isExpected ? [[this.#writers, []] as const, ...readingTo(last)] : [];
        const answers = await this.#database.fly([this.#lastPosition(), ...calls]);
        [, writers, ahead.rows] = answers as [unknown, TopicWriterRow[]?, TopicLists[]?];
        const found = this.#lastIn(answers[0] as readonly LastPositionRow[]);
        last = Math.min(found.last, request.upTo ?? found.last);
        return found;
      },
      topicWriters: async () => {
        if (writers === undefined) {
          const answers = await this.#database.fly([[this.#writers, []], ...readingTo(last)]);
          [writers, ahead.rows] = answers as [TopicWriterRow[], TopicLists[]?];
        }
        return writersIn(writers);
      },
    };
  }

  #lastPosition(): Call {
    return [this.#last, [this.#plan.name]];
  }

  #lastIn(rows: readonly LastPositionRow[]): LastPosition {
    const [row] = rows as readonly [LastPositionRow];
    this.#version = Number(row.version);
    return { last: Number(row.last), used: Number(row.used), serverStart: row.server_start };
  }

  async #run<Row extends object>(call: Call): Promise<readonly Row[]> {
    const [rows = []] = await this.#database.fly([call]);
    return rows as readonly Row[];
  }
}

const writersIn = (rows: readonly TopicWriterRow[]): TopicWriters => ({
  writers: rows.map(({ writer }) => writer),
  serverStart: rows[0]?.server_start,
});

/** What was read before it was known how far that counts. */
interface Ahead {
  rows?: readonly TopicLists[] | undefined;
}
