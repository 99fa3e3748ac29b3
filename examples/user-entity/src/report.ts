import { styleText } from "node:util";

/** Writes the demo's output: sections of indented lines, and one updating line on a terminal. */
export class Report {
  readonly #out: NodeJS.WriteStream;
  #status = "";

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  get isTerminal(): boolean {
    return this.#out.isTTY === true;
  }

  section(title: string): void {
    this.#write(`\n${this.#style("bold", title)}\n`);
  }

  line(text: string): void {
    this.#write(`  ${text}\n`);
  }

  note(text: string): void {
    this.#write(`  ${this.#style("dim", text)}\n`);
  }

  /** Lines with aligned columns. Names come last, since not every script is one column a letter. */
  table(rows: readonly (readonly string[])[], align: readonly ("left" | "right")[] = []): void {
    const widths = (rows[0] ?? []).map((_, at) =>
      Math.max(...rows.map((row) => row[at]?.length ?? 0)),
    );
    for (const row of rows) {
      const cells = row.map((cell, at) => {
        const width = widths[at] ?? 0;
        return align[at] === "right" ? cell.padStart(width) : cell.padEnd(width);
      });
      this.line(cells.join("   ").trimEnd());
    }
  }

  /** Replaces the updating line; a plain line where nothing could be replaced. */
  progress(text: string): void {
    if (!this.isTerminal) {
      this.note(text);
      return;
    }
    this.#status = this.#style("dim", `  ${text}`.slice(0, this.#out.columns || 80));
    this.#out.write(`\r\u001b[K${this.#status}`);
  }

  endProgress(): void {
    if (this.#status !== "") this.#out.write("\r\u001b[K");
    this.#status = "";
  }

  #write(text: string): void {
    if (this.#status === "") this.#out.write(text);
    else this.#out.write(`\r\u001b[K${text}${this.#status}`);
  }

  #style(style: "bold" | "dim", text: string): string {
    return this.isTerminal ? styleText(style, text, { stream: this.#out }) : text;
  }
}

const NUMBER = new Intl.NumberFormat("en");

export const formatNumber = (value: number): string => NUMBER.format(Math.round(value));

export const formatCount = (count: number, noun: string): string =>
  `${formatNumber(count)} ${noun}${count === 1 ? "" : "s"}`;

/** Text from a file or a database, without what would move a terminal's cursor. */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]/gu, "·");
