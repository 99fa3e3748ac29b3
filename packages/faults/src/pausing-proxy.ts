import { once } from "node:events";
import { type AddressInfo, createServer, connect as open, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "./random.ts";

export interface PausingProxy {
  /** The connection string that was given, by way of the proxy. */
  readonly connectionString: string;
  close(): Promise<void>;
}

export interface Pauses {
  /** How many of what a client sends are held back, as a share of all. */
  readonly share: number;
  /** For how long at most, in milliseconds. */
  readonly maxMs: number;
}

/**
 * Stands between clients and a server and holds back what clients send now and then, as a slow network or a
 * collection of garbage would. What needs several round trips is then in the middle of its transaction, and a
 * commit comes late: no store has to take part in that.
 */
export const startPausingProxy = async (
  connectionString: string,
  random: Random,
  { share, maxMs }: Pauses,
): Promise<PausingProxy> => {
  const target = new URL(connectionString);
  const sockets = new Set<Socket>();
  const pause = async (): Promise<void> => {
    if (random.chance(share)) await sleep(random.between(1, maxMs));
  };
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = open({ host: target.hostname, port: Number(target.port), noDelay: true });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    upstream.pipe(client);
    void forward(client, upstream, pause);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const here = new URL(connectionString);
  here.hostname = "127.0.0.1";
  here.port = String((server.address() as AddressInfo).port);
  return {
    connectionString: here.href,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
};

/** Passes on what one side sends, in its order. */
const forward = async (from: Socket, to: Socket, pause: () => Promise<void>): Promise<void> => {
  try {
    for await (const chunk of from) {
      await pause();
      to.write(chunk as Buffer);
    }
    to.end();
  } catch {
    to.destroy();
  }
};
