import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CommandWriter } from "./commands.ts";
import { Random } from "./random.ts";

// Writes data/commands.jsonl, the same for ever: `node scripts/generate-commands.ts`. Another number of
// lines may be given, and a file to write them to.

const SEED = 1815;

/** The text of a file of commands; a few lines longer than asked for, since scenes are not cut. */
export const generateCommands = (lines: number): string => {
  const writer = new CommandWriter(new Random(SEED));
  while (writer.lines.length < lines) writer.play();
  // The demo shows who changed an address last: let it be two who exchanged theirs.
  writer.swap();
  return `${writer.lines.join("\n")}\n`;
};

export const LINES = 5_000;

export const COMMANDS_FILE: string = fileURLToPath(
  new URL("../data/commands.jsonl", import.meta.url),
);

if (import.meta.main) {
  const [lines = LINES, file = COMMANDS_FILE] = process.argv.slice(2);
  writeFileSync(file, generateCommands(Number(lines)));
}
