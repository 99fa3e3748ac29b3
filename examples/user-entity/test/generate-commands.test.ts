import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { COMMANDS_FILE, generateCommands, LINES } from "../scripts/generate-commands.ts";

it("writes the file that is committed", async () => {
  expect((await readFile(COMMANDS_FILE, "utf8")) === generateCommands(LINES)).toBe(true);
});
