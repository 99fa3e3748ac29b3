import { describe, expect, it } from "vitest";
import { type Line, readLines } from "../src/lines.ts";

const linesOf = async (...chunks: readonly (string | Buffer)[]): Promise<Line[]> => {
  async function* stream() {
    for (const chunk of chunks) yield Buffer.from(chunk);
  }
  const lines: Line[] = [];
  for await (const line of readLines(stream())) lines.push(line);
  return lines;
};

const textsOf = async (...chunks: readonly (string | Buffer)[]): Promise<unknown[]> =>
  (await linesOf(...chunks)).map((line) => ("text" in line ? line.text : line.problem));

describe("reading lines", () => {
  it("takes the last line with and without a newline", async () => {
    expect(await textsOf("a\nb\n")).toEqual(["a", "b"]);
    expect(await textsOf("a\nb")).toEqual(["a", "b"]);
    expect(await textsOf("")).toEqual([]);
    expect(await textsOf("\n\n")).toEqual(["", ""]);
  });

  it("numbers lines, and says how far it has come", async () => {
    expect(await linesOf("ü\n", "b\n", "c")).toEqual([
      { number: 1, text: "ü", bytesRead: 3 },
      { number: 2, text: "b", bytesRead: 5 },
      { number: 3, text: "c", bytesRead: 6 },
    ]);
  });

  it("puts together what chunks cut apart, in the middle of a letter too", async () => {
    const bytes = Buffer.from("né 田\nb\n");
    for (let at = 0; at <= bytes.length; at += 1) {
      expect(await textsOf(bytes.subarray(0, at), bytes.subarray(at))).toEqual(["né 田", "b"]);
    }
  });

  it("ends lines at newlines only, and takes no byte order mark for text", async () => {
    expect(await textsOf("\ufeffa\u2028b\r\nc")).toEqual(["a\u2028b\r", "c"]);
  });

  it("refuses what is too long or no UTF-8, and goes on behind it", async () => {
    const long = Buffer.alloc(70_000, "x");
    expect(await textsOf("a\n", long, long, "\nb\n")).toEqual(["a", "too-long", "b"]);
    expect(await textsOf(Buffer.from("Jos\xe9\n", "latin1"), "b")).toEqual(["not-utf8", "b"]);
  });
});
