/** One line of the input, and how many bytes of the input are read with it. */
export type Line = { readonly number: number; readonly bytesRead: number } & Content;

type Content = { readonly text: string } | { readonly problem: "too-long" | "not-utf8" };

/** Longer lines are refused, so that one line can never fill the memory. */
const LINE_MAX_BYTES = 64 * 1024;

const NEWLINE = 0x0a;

/**
 * Splits a stream of bytes into lines, whatever its size. Only a newline ends a line: readline would
 * also split at U+2028, which JSON allows inside a string.
 */
export async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  let line = new PartialLine();
  let number = 0;
  let bytesRead = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      line.add(chunk.subarray(start, end));
      number += 1;
      yield { number, ...line.content(), bytesRead: bytesRead + end + 1 };
      line = new PartialLine();
      start = end + 1;
    }
    line.add(chunk.subarray(start));
    bytesRead += chunk.length;
  }
  if (line.length > 0) yield { number: number + 1, ...line.content(), bytesRead };
}

class PartialLine {
  length = 0;
  readonly #pieces: Buffer[] = [];

  add(piece: Buffer): void {
    this.length += piece.length;
    if (this.length <= LINE_MAX_BYTES) this.#pieces.push(piece);
  }

  content(): Content {
    if (this.length > LINE_MAX_BYTES) return { problem: "too-long" };
    try {
      // Fatal, so that a name in another encoding is refused and not stored with holes.
      const decoder = new TextDecoder("utf-8", { fatal: true });
      return { text: decoder.decode(Buffer.concat(this.#pieces)) };
    } catch {
      return { problem: "not-utf8" };
    }
  }
}
