import { connect, createServer, type Server, type Socket } from "node:net";
import { type FrontendMessage, FrontendMessages } from "./frontend-messages.ts";

/** Stands between clients and PostgreSQL, and notes every message that clients send. */
export class CountingProxy {
  readonly connectionString: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #sent: FrontendMessage[];
  #held: (() => void)[] | undefined;
  #sentBefore = 0;

  private constructor(server: Server, connectionString: string, sent: FrontendMessage[]) {
    this.#server = server;
    this.#sent = sent;
    this.connectionString = connectionString;
    server.on("connection", (socket) => void this.#sockets.add(socket));
  }

  /** @param target the connection string of the database behind the proxy. */
  static async open(target: string): Promise<CountingProxy> {
    const url = new URL(target);
    const { hostname, port } = url;
    const sent: FrontendMessage[] = [];
    let proxy: CountingProxy;
    const server = createServer((client) => {
      const upstream = connect(Number(port || 5432), hostname);
      const messages = new FrontendMessages();
      client.on("data", (bytes) => {
        sent.push(...messages.read(bytes));
        upstream.write(bytes);
      });
      upstream.on("data", (bytes) => proxy.#pass(() => client.write(bytes)));
      client.on("close", () => upstream.destroy());
      upstream.on("close", () => client.destroy());
      for (const socket of [client, upstream]) socket.on("error", () => {});
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    url.hostname = "127.0.0.1";
    url.port = String(typeof address === "object" ? address?.port : "");
    proxy = new CountingProxy(server, url.href, sent);
    return proxy;
  }

  /** Keeps answers back, so that whatever is sent from now on is sent without any. */
  holdAnswers(): void {
    this.#held = [];
    this.#sentBefore = this.#sent.length;
  }

  /** How many messages of a kind were sent since answers are held. */
  unanswered(kind: FrontendMessage["kind"]): number {
    return this.#sent.slice(this.#sentBefore).filter((one) => one.kind === kind).length;
  }

  letAnswersPass(): void {
    for (const pass of this.#held ?? []) pass();
    this.#held = undefined;
  }

  #pass(answer: () => void): void {
    if (this.#held === undefined) answer();
    else this.#held.push(answer);
  }

  /** What was sent while `work` ran; the handshakes of new connections are left out. */
  async during<Result>(work: () => Promise<Result>): Promise<readonly FrontendMessage[]> {
    const before = this.#sent.length;
    await work();
    return this.#sent.slice(before);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
