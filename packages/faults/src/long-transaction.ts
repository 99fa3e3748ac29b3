import pg from "pg";

/** A transaction that has written something unrelated and stays open, through crashes, until closed. */
export class LongTransaction {
  readonly #connectionString: string;
  readonly #statement: string;
  #client: pg.Client | undefined;

  constructor(connectionString: string, statement: string) {
    this.#connectionString = connectionString;
    this.#statement = statement;
  }

  async open(): Promise<void> {
    await this.close();
    const client = new pg.Client({ connectionString: this.#connectionString });
    client.on("error", () => {});
    this.#client = client;
    await client.connect();
    await client.query("begin");
    await client.query(this.#statement);
  }

  async close(): Promise<void> {
    // After a crash there is nothing to roll back, and nobody to say so.
    await this.#client?.query("rollback").catch(() => {});
    await this.#client?.end().catch(() => {});
  }
}
