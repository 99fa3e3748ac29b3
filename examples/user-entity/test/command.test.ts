import { expect, it } from "vitest";
import { parseCommand } from "../src/command.ts";

it("reads a command", () => {
  const command = { command: "changeEmail", email: "a@b.example", to: "c@d.example" };
  expect(parseCommand(` ${JSON.stringify(command)}\r`)).toEqual(command);
});

it.each([
  ["{", "not-json", "The line is not JSON"],
  ["[]", "invalid-fields", "expected object, received array"],
  ['{"email":"a"}', "unknown-command", '"command" names no command'],
  ['{"command":"Suspend","email":"a","reason":"x"}', "unknown-command", expect.any(String)],
  ['{"command":"suspend","email":"a"}', "invalid-fields", /^reason: expected string/],
  ['{"command":"suspend","email":"a","reason":1}', "invalid-fields", /^reason: expected string/],
  ['{"command":"reinstate","email":"a","x":1}', "invalid-fields", 'Unrecognized key: "x"'],
  [`{"command":"reinstate","email":"${"a".repeat(300)}"}`, "invalid-fields", /^email: Too big/],
])("refuses %s", (line, reason, message) => {
  expect(parseCommand(line)).toEqual({
    kind: "refused",
    reason,
    message: message instanceof RegExp ? expect.stringMatching(message) : message,
  });
});
