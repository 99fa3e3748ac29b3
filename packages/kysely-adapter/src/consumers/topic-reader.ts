import type { ConsumerPlan, ReadRequest, TopicRead } from "@annals/core/adapter";
import type { Database } from "../connection/database.ts";
import { type LastPositionRow, lastPosition } from "../statements/last-position.ts";
import { readTopic } from "../statements/read-topic.ts";
import { type TopicRow, toSlottedEvent } from "../statements/topic-row.ts";
import { type TopicWriterRow, topicWriters } from "../statements/topic-writers.ts";
import { type Settled, SettledPosition } from "./settled-position.ts";

/** Reads the topics of one consumer up to where they are settled. */
export class TopicReader<DB> {
  readonly #database: Database<DB>;
  readonly #plan: ConsumerPlan;
  readonly #position: SettledPosition;
  readonly #whole;
  readonly #bySlot;
  /** What the last look found. It stays true in its life of the server, so that it is used up first. */
  #known: Settled | undefined;
  #version = 0;

  constructor(database: Database<DB>, plan: ConsumerPlan) {
    this.#database = database;
    this.#plan = plan;
    const plans = plan.topics.map((topic) => topic.plan);
    const keys = plan.keys !== undefined;
    const scope = plan.scope !== undefined;
    this.#whole = readTopic(database.schema, plans, { slots: false, keys, scope });
    this.#bySlot = readTopic(database.schema, plans, { slots: true, keys, scope });
    this.#position = new SettledPosition(this.#looks());
  }

  async settled(): Promise<Settled> {
    this.#known = undefined;
    this.#known = await this.#position.look();
    return this.#known;
  }

  /** Lets readings go up to what is known to be settled, without another look. */
  know(settled: Settled): void {
    this.#known = settled;
  }

  /** Has the next reading look again. */
  forget(): void {
    this.#known = undefined;
  }

  async read({ after, upTo, limit, for: { slots, of } }: ReadRequest): Promise<TopicRead> {
    const isEnough = this.#known !== undefined && this.#known.position > after;
    const settled = isEnough ? (this.#known as Settled) : await this.settled();
    const bound = Math.min(settled.position, upTo ?? settled.position);
    const life = settled.serverStart;
    if (bound <= after)
      return { events: [], upTo: after, more: false, life, version: this.#version };
    const isWhole = slots.length === of;
    const { name, topics, keys, scope = [] } = this.#plan;
    const parameters = [
      ...[after, bound, limit, life],
      ...(of === 1 ? [null, null] : [slots, of]),
      keys ?? null,
      ...topics.map(({ passedOver }) => passedOver),
      ...scope,
    ];
    const text = isWhole && of === 1 ? this.#whole : this.#bySlot;
    const { rows } = await this.#database.run<SlottedRow>(text, parameters, "none", [name, "read"]);
    const events = rows.map((row) => toSlottedEvent(row, row.slot ?? 0));
    const reached = events.length === limit ? (events.at(-1)?.position ?? bound) : bound;
    const more = reached < settled.position;
    return { events, upTo: reached, more, life, version: this.#version };
  }

  /** The two looks, each a statement with a snapshot of its own. */
  #looks() {
    const { schema } = this.#database;
    const { name } = this.#plan;
    const tables = this.#plan.topics.map(({ plan }) => plan.eventsTable);
    const last = lastPosition(schema, tables);
    const writers = topicWriters(schema, tables);
    const run = async <Row>(text: typeof last, parameters: readonly unknown[]) =>
      (await this.#database.run<Row>(text, parameters, "none", [name, "read"])).rows;
    return {
      lastPosition: async () => {
        const [row] = (await run<LastPositionRow>(last, [name])) as [LastPositionRow];
        this.#version = Number(row.version);
        return { last: Number(row.last), used: Number(row.used), serverStart: row.server_start };
      },
      topicWriters: async () => {
        const rows = await run<TopicWriterRow>(writers, []);
        return { writers: rows.map(({ writer }) => writer), serverStart: rows[0]?.server_start };
      },
    };
  }
}

interface SlottedRow extends TopicRow {
  readonly slot?: number;
}
