import type { Readable, Writable } from "node:stream";
import { styleText } from "node:util";

/** Where the command line reads from and writes to. */
export interface Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
}

type Style = Parameters<typeof styleText>[0];

/** Writes results for people or for machines. Results go to stdout; everything else to stderr. */
export class Terminal {
  readonly streams: Streams;
  readonly isJson: boolean;
  /** Whether questions are answered with yes. */
  readonly isYes: boolean;
  readonly #hasColors: boolean;

  constructor(
    streams: Streams,
    options: {
      readonly json?: boolean;
      readonly yes?: boolean;
      readonly color?: boolean;
      readonly noColor?: boolean;
    },
  ) {
    this.streams = streams;
    this.isJson = options.json ?? false;
    this.isYes = options.yes ?? false;
    this.#hasColors =
      options.color !== false &&
      !this.isJson &&
      streams.stdout.isTTY === true &&
      options.noColor !== true;
  }

  /** Whether somebody sits there who can see a progress bar. */
  get isWatched(): boolean {
    return this.streams.stderr.isTTY === true && !this.isJson;
  }

  /** Whether somebody sits there who can answer. */
  get isInteractive(): boolean {
    return this.streams.stdin.isTTY === true && this.isWatched;
  }

  style(style: Style, text: string): string {
    return this.#hasColors ? styleText(style, text, { validateStream: false }) : text;
  }

  /** A line of the result, for people only. */
  line(text = ""): void {
    if (!this.isJson) this.streams.stdout.write(`${text}\n`);
  }

  /** Raw text of the result. */
  text(text: string): void {
    this.streams.stdout.write(text);
  }

  /** The result, for machines only: one JSON value a line. */
  json(value: unknown): void {
    if (this.isJson) this.streams.stdout.write(`${JSON.stringify(value)}\n`);
  }

  /** Waits until whoever reads the result has caught up, so that what is not read does not pile up. */
  async drained(): Promise<void> {
    const { stdout } = this.streams;
    if (!stdout.writableNeedDrain) return;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        stdout.off("drain", go).off("close", go);
        resolve();
      };
      stdout.once("drain", go).once("close", go);
    });
  }

  /** What is going on, and no result. */
  note(text: string): void {
    if (!this.isJson) this.streams.stderr.write(`${text}\n`);
  }

  /** What went wrong. */
  error(message: string, hint?: string): void {
    this.streams.stderr.write(`${this.style("red", "error")} ${message}\n`);
    if (hint !== undefined) this.streams.stderr.write(`${this.style("dim", `      ${hint}`)}\n`);
  }
}
