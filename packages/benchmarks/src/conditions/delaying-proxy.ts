import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface DelayingProxy {
  readonly connectionString: string;
  stop(): Promise<void>;
}

/**
 * Puts a network between the benchmark and the server: each direction takes half of the round trip
 * longer, whatever else is on its way.
 */
export const startDelayingProxy = async (
  connectionString: string,
  roundTripMs: number,
): Promise<DelayingProxy> => {
  const url = new URL(connectionString);
  const program = fileURLToPath(new URL("./delaying-proxy-process.ts", import.meta.url));
  const proxy = fork(program, [url.hostname, url.port || "5432", String(roundTripMs / 2)]);
  const [port] = await Promise.race([once(proxy, "message"), endedEarly(proxy)]);
  url.hostname = "127.0.0.1";
  url.port = String(port);
  return {
    connectionString: url.href,
    stop: async () => {
      const exited = once(proxy, "exit");
      proxy.disconnect();
      await exited;
    },
  };
};

const endedEarly = async (proxy: ChildProcess): Promise<never> => {
  const [code] = await once(proxy, "exit");
  throw new Error(`The delaying proxy ended with code ${code} before it listened`);
};
