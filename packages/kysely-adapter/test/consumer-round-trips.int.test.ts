import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { afterAll, beforeEach, expect, it } from "vitest";
import {
  type AnnalsTransaction,
  annalsPool,
  createConsumer,
  createRepository,
} from "../src/index.ts";
import { Account } from "./database/account.ts";
import { migrate } from "./database/open.ts";
import { CountingProxy } from "./wire/counting-proxy.ts";

const { connectionString } = await testDatabase({
  name: "account-alone",
  migrate: (url) => migrate(url, [Account]),
});
const proxy = await CountingProxy.open(connectionString);
const connect = (url: string) =>
  new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: annalsPool(new pg.Pool({ connectionString: url })) }),
  });
const watched = connect(proxy.connectionString);
const accounts = createRepository(Account, { db: connect(connectionString) });
let made = 0;

beforeEach(async () => {
  made += 1;
  await accounts.create({ email: `${made}@example.com` });
});
afterAll(async () => {
  await watched.destroy();
  await proxy.close();
});

const NOTED = /begin|commit|rollback|move_checkpoint|select 4711/;

type Handle = (tx: AnnalsTransaction<unknown>) => unknown;

/** What a consumer sends about its transactions and its checkpoint, to handle one batch. */
const sentFor = async (handle: Handle): Promise<readonly string[]> => {
  const consumer = createConsumer(watched, {
    name: `counted-${made}`,
    topics: [Account],
    start: "now",
    batch: { size: 10, handle: async (_, { tx }) => void (await handle(tx)) },
  });
  await consumer.catchUp();
  await accounts.create({ email: `${made}.counted@example.com` });
  const sent = await proxy.during(() => consumer.catchUp());
  const texts = sent
    .filter(({ kind }) => kind === "Query" || kind === "Bind")
    .map(({ bytes }) => bytes.toString("latin1"));
  return texts.flatMap((text) => NOTED.exec(text)?.[0] ?? []);
};

it("a batch whose handler writes nothing here moves its checkpoint by one statement", async () => {
  expect(await sentFor(() => {})).toEqual(["move_checkpoint"]);
});

it("what a handler writes is in one transaction with the checkpoint", async () => {
  const sent = await sentFor((tx) => sql`select 4711`.execute(tx));
  expect(sent).toEqual(["begin", "select 4711", "move_checkpoint", "commit"]);
});

it("what runs before the commit is in one transaction with the checkpoint as well", async () => {
  const sent = await sentFor((tx) => tx.beforeCommit((late) => sql`select 4711`.execute(late)));
  expect(sent).toEqual(["begin", "move_checkpoint", "select 4711", "commit"]);
});
