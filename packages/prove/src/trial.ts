import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "@annals/faults";
import type { EmbeddedServer } from "@annals/testing/postgres";
import { Consumer } from "./consumer.ts";
import {
  createDeliveries,
  deliveredIn,
  deliveriesIn,
  deliveriesMark,
  deliveryTimes,
} from "./deliveries.ts";
import type { Connection, Driver, EventId, Writer } from "./driver.ts";
import { History } from "./history.ts";
import { judge, type Verdict } from "./judge.ts";
import { appendOne, HotStreams } from "./writers.ts";

export interface TrialOptions {
  readonly driver: Driver;
  readonly seed: number;
  /** How many write at once, each over a connection of its own. */
  readonly writers: number;
  /** For how long nothing may be delivered before what is missing counts as lost, in milliseconds. */
  readonly quietMs: number;
}

/** More than any of the stores' consumers takes. */
export const CONSUMER_CONNECTIONS = 14;

/** For how long a consumer may take to begin, on a machine that is busy. */
const UP_MS = 30_000;

/** One store on one database, with what is known of it so far. A server may take another's place. */
export class Trial {
  readonly driver: Driver;
  readonly random: Random;
  readonly history = new History();
  readonly writers: number;
  readonly streams: HotStreams;
  readonly #quietMs: number;
  server: EmbeddedServer;
  connectionString: string;
  #consumer: Consumer | undefined;
  /** Consumer processes that were killed. */
  killed = 0;

  private constructor(options: TrialOptions, server: EmbeddedServer, connectionString: string) {
    this.driver = options.driver;
    this.random = new Random(options.seed);
    this.writers = options.writers;
    this.streams = new HotStreams(2 * options.writers);
    this.#quietMs = options.quietMs;
    this.server = server;
    this.connectionString = connectionString;
  }

  static async begin(server: EmbeddedServer, options: TrialOptions): Promise<Trial> {
    const { connectionString } = await server.createDatabase();
    await createDeliveries(connectionString);
    await options.driver.install(connectionString);
    return new Trial(options, server, connectionString);
  }

  /** The database, seen as one of the two kinds of processes, which faults are aimed at. */
  connection(name: "writer" | "consumer", by = this.connectionString): string {
    const url = new URL(by);
    url.searchParams.set("application_name", name);
    return url.href;
  }

  /** Starts the consumer, in place of one that runs. */
  async startConsumer(connection?: Connection): Promise<void> {
    await this.stopConsumer();
    const direct = {
      ...{ connectionString: this.connection("consumer"), isPooled: false },
      connections: CONSUMER_CONNECTIONS,
    };
    this.#consumer = new Consumer(this.driver, connection ?? direct);
  }

  async stopConsumer(): Promise<void> {
    await this.#consumer?.stop();
    this.#consumer = undefined;
  }

  async killConsumer(): Promise<void> {
    await this.#consumer?.kill();
    this.killed += 1;
  }

  get complaint(): string {
    return this.#consumer?.complaint ?? "";
  }

  /** Opens a writer over a connection that nothing stands in the way of. */
  async writing<Result>(work: (writer: Writer) => Promise<Result>): Promise<Result> {
    const connection = {
      ...{ connectionString: this.connection("writer"), isPooled: false, connections: 1 },
    };
    const writer = await this.driver.openWriter(connection);
    try {
      return await work(writer);
    } finally {
      await writer.close();
    }
  }

  /** What each stream holds. */
  stored(): Promise<ReadonlyMap<string, readonly EventId[]>> {
    return this.writing(async (writer) => {
      const stored = new Map<string, readonly EventId[]>();
      for (const stream of this.history.streams) {
        const { ids } = await writer.read(stream);
        if (ids.length > 0) stored.set(stream, ids);
      }
      return stored;
    });
  }

  /** Waits until the consumer has shown that it is there, by delivering an event of its own. */
  async consumerIsUp(): Promise<void> {
    const id = await this.writing((writer) => appendOne(writer, this.history, randomUUID()));
    for (const until = Date.now() + UP_MS; Date.now() < until; await sleep(100)) {
      if ((await deliveryTimes(this.connectionString, [id])).has(id)) return;
    }
  }

  /**
   * Waits until everything is delivered, or nothing is any more.
   *
   * @returns whether everything is.
   */
  async drained(stored: ReadonlyMap<string, readonly EventId[]>): Promise<boolean> {
    let expected = 0;
    for (const ids of stored.values()) expected += ids.length;
    let mark = 0;
    for (let movedAt = Date.now(); Date.now() - movedAt < this.#quietMs; await sleep(100)) {
      const reached = await deliveriesMark(this.connectionString);
      const isEnough = reached >= expected;
      if (isEnough && (await deliveredIn(this.connectionString)) >= expected) return true;
      if (reached !== mark) movedAt = Date.now();
      mark = reached;
    }
    return false;
  }

  async verdict(): Promise<Verdict> {
    if (!(await this.drained(await this.stored()))) {
      // One that hangs has lost nothing: what counts is what a new process is not given either.
      await this.startConsumer();
      await this.consumerIsUp();
      await this.drained(await this.stored());
    }
    const stored = await this.stored();
    await this.stopConsumer();
    const deliveries = await deliveriesIn(this.connectionString);
    return judge({ appends: this.history.appends, stored, deliveries });
  }
}
