import Table from "cli-table3";
import type { Terminal } from "./terminal.ts";

const NO_BORDERS = Object.fromEntries(
  [
    ...["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left"],
    ...["bottom-right", "left", "left-mid", "mid", "mid-mid", "right", "right-mid"],
  ].map((part) => [part, ""]),
);

/** Writes rows in columns, without borders, so that they can be read and cut alike. */
export const writeTable = (
  terminal: Terminal,
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): void => {
  const table = new Table({
    head: head.map((title) => terminal.style("dim", title)),
    chars: { ...NO_BORDERS, middle: "  " },
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  table.push(...rows.map((row) => row.map(String)));
  for (const line of table.toString().split("\n")) terminal.line(line.trimEnd());
};
