/** One message of the frontend (PostgreSQL manual, "Message Formats"), startup and password left out. */
export interface FrontendMessage {
  readonly kind: "Query" | "Parse" | "Bind" | "Describe" | "Execute" | "Sync" | "Flush" | "other";
  /** The statement's name, where the message has one; empty for the unnamed statement. */
  readonly name: string | undefined;
  /** The message as it was sent. */
  readonly bytes: Buffer;
}

const KINDS: Readonly<Record<string, FrontendMessage["kind"]>> = {
  Q: "Query",
  P: "Parse",
  B: "Bind",
  D: "Describe",
  E: "Execute",
  S: "Sync",
  H: "Flush",
};

/** Authentication's answers (p), which each new connection sends. */
const PASSWORD = "p";

/** Takes one connection's stream apart, in whatever pieces it arrives. */
export class FrontendMessages {
  #rest: Buffer = Buffer.alloc(0);
  #isStarted = false;

  read(bytes: Uint8Array): FrontendMessage[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const messages: FrontendMessage[] = [];
    for (;;) {
      // The startup packet alone has no type in front of its length.
      const lengthAt = this.#isStarted ? 1 : 0;
      if (this.#rest.length < lengthAt + 4) return messages;
      const end = lengthAt + this.#rest.readInt32BE(lengthAt);
      if (this.#rest.length < end) return messages;
      const message = this.#rest.subarray(0, end);
      this.#rest = this.#rest.subarray(end);
      if (this.#isStarted && String.fromCharCode(message[0] ?? 0) !== PASSWORD) {
        messages.push(describe(message));
      }
      this.#isStarted = true;
    }
  }
}

const describe = (bytes: Buffer): FrontendMessage => {
  const kind = KINDS[String.fromCharCode(bytes[0] ?? 0)] ?? "other";
  return { kind, name: statementName(kind, bytes), bytes };
};

const statementName = (kind: FrontendMessage["kind"], bytes: Buffer): string | undefined => {
  if (kind === "Parse") return textAt(bytes, 5);
  // The portal's name comes first.
  if (kind === "Bind") return textAt(bytes, 6 + textAt(bytes, 5).length);
  return undefined;
};

const textAt = (bytes: Buffer, start: number): string =>
  bytes.toString("utf8", start, bytes.indexOf(0, start));
