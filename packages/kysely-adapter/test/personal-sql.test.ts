import { describe, expect, it } from "vitest";
import { entityTableNames } from "../src/statements/entity-table-names.ts";
import {
  completeForgetting,
  forgetRequests,
  forgetSubject,
  noteUses,
  pendingUses,
  readReceipt,
  settleUse,
} from "../src/statements/forget-subject.ts";
import { oldKeys, rewrapKeys } from "../src/statements/rewrap-keys.ts";
import {
  readSubjects,
  readValues,
  registerSubjects,
  registerValues,
} from "../src/statements/subjects.ts";
import { Person } from "./database/person.ts";

const statements = {
  "read subjects": readSubjects,
  "register subjects": registerSubjects,
  "register subjects with values": registerValues,
  "read values": readValues,
  "forget a subject": forgetSubject,
  "note uses": noteUses,
  "pending uses": pendingUses,
  "settle a use": settleUse,
  "forget requests": forgetRequests(entityTableNames(Person.plan, "app")),
  "complete a forgetting": completeForgetting,
  "read a receipt": readReceipt,
  "old keys": oldKeys,
  "rewrap keys": rewrapKeys,
};

describe("generated SQL for personal values", () => {
  it("is the same text for every statement as the one that was reviewed", async () => {
    const text = Object.entries(statements)
      .map(([name, { sql }]) => `-- ${name}\n${sql};\n`)
      .join("\n");
    await expect(text).toMatchFileSnapshot("./generated/personal-statements.sql");
  });

  it("names every statement apart", () => {
    const names = Object.values(statements).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
