import { Worker } from "node:worker_threads";
import type { EventMeta } from "@annals/core";
import { createConsumer } from "../../src/index.ts";
import { Account, Order } from "../adversarial/entities.ts";
import { connect } from "../adversarial/ground.ts";
import type { WorkerTask } from "./workers.ts";

// A process that runs one consumer until it is killed, or its parent is gone.

// In a thread of its own: a handler may block this one for ever.
const watch = `const { ppid } = process;
setInterval(() => process.ppid === ppid || process.kill(process.pid, "SIGKILL"), 500);`;
new Worker(watch, { eval: true }).unref();

const task = JSON.parse(process.argv[2] ?? "") as WorkerTask;
const { connectionString, name, delivery, slots, leaseMs, poison } = task;
const db = connect(connectionString, { max: 4, name: "worker" });

const record = async (
  event: { readonly type: string },
  {
    key,
    sequence,
    position,
  }: Pick<EventMeta<typeof Account, unknown>, "key" | "sequence" | "position">,
  into: typeof db,
): Promise<void> => {
  if (key === poison && sequence === 2) for (;;);
  await into
    .insertInto("deliveries")
    .values({
      consumer: name,
      entity: key,
      sequence,
      position,
    })
    .execute();
  // Now and then long enough to be killed in the middle.
  await new Promise((resolve) => setTimeout(resolve, event.type === "Deposited" ? 1 : 0));
};

const common = {
  name,
  slots,
  leaseMs,
  batchSize: 10,
  pollIntervalMs: 20,
  topics: [Account, Order],
} as const;
const consumer =
  delivery === "exactly-once"
    ? createConsumer(db, { ...common, onEvent: (event, meta) => record(event, meta, meta.tx) })
    : createConsumer(db, {
        ...common,
        delivery: "at-least-once",
        onEvent: (event, meta) => record(event, meta, db),
      });

const stop = new AbortController();
process.on("SIGTERM", () => stop.abort());
await consumer.run({ signal: stop.signal });
await db.destroy();
