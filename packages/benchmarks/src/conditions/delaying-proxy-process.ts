import { connect, createServer, type Socket } from "node:net";

// A process of its own, so that its work does not count as the benchmark's.
// Arguments: the server's host and port, and the delay of each direction in milliseconds.
const [host, port, delay] = process.argv.slice(2) as [string, string, string];
const delayMs = Number(delay);

interface Parcel {
  readonly due: number;
  readonly deliver: () => void;
}

// All wait equally long, so the first to come is the first to go.
const parcels: Parcel[] = [];
let delivering = false;

const send = (deliver: () => void): void => {
  parcels.push({ due: performance.now() + delayMs, deliver });
  if (delivering) return;
  delivering = true;
  setImmediate(deliverDue);
};

const cell = new Int32Array(new SharedArrayBuffer(4));
/** Node's timers count whole milliseconds. Between naps of this length, arrivals are looked for. */
const NAP_MS = 0.03;

const deliverDue = (): void => {
  const now = performance.now();
  while (parcels[0] !== undefined && parcels[0].due <= now) parcels.shift()?.deliver();
  const next = parcels[0];
  delivering = next !== undefined;
  if (next === undefined) return;
  Atomics.wait(cell, 0, 0, Math.min(NAP_MS, Math.max(0, next.due - performance.now())));
  setImmediate(deliverDue);
};

const pass = (from: Socket, to: Socket): void => {
  from.on("data", (chunk) => send(() => to.write(chunk)));
  from.on("end", () => send(() => to.end()));
  from.on("error", () => to.destroy());
  from.on("close", () => send(() => to.destroy()));
};

const server = createServer((client) => {
  const upstream = connect(Number(port), host);
  client.setNoDelay(true);
  upstream.setNoDelay(true);
  pass(client, upstream);
  pass(upstream, client);
});

server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object") process.send?.(address?.port);
});
process.on("disconnect", () => process.exit());
