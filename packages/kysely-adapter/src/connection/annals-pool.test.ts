import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import { annalsPool, type PgPool, type PgPoolClient } from "./annals-pool.ts";

it("survives a connection that breaks before anybody has got it", async () => {
  const events = new EventEmitter();
  const client = new EventEmitter();
  annalsPool(Object.assign(events, { connect: async () => client, end: async () => {} }) as never);
  events.emit("connect", client as unknown as PgPoolClient);
  expect(() => client.emit("error", new Error("terminating connection"))).not.toThrow();
  expect(() =>
    (events as unknown as PgPool & EventEmitter).emit("error", new Error()),
  ).not.toThrow();
});
