import { describe, expect, it } from "vitest";
import { checkIdentifier, snakeCase } from "./names.ts";

describe("snakeCase", () => {
  it.each([
    ["email", "email"],
    ["tenantId", "tenant_id"],
    ["htmlBody2", "html_body2"],
    ["userID", "user_id"],
    ["HTTPServer", "http_server"],
    ["line2Total", "line2_total"],
    ["already_snake", "already_snake"],
  ])("%s is %s", (name, expected) => {
    expect(snakeCase(name)).toBe(expected);
  });
});

describe("checkIdentifier", () => {
  it("accepts what PostgreSQL keeps as it is", () => {
    expect(checkIdentifier("user", "a".repeat(63))).toHaveLength(63);
  });

  it("refuses what PostgreSQL would truncate, with the length", () => {
    expect(() => checkIdentifier("user", "a".repeat(64))).toThrow(/64 bytes, at most 63/);
  });

  it.each(["1st", "Users", "a-b", 'a"b', ""])("refuses %j", (name) => {
    expect(() => checkIdentifier("user", name)).toThrow("is not a plain SQL name");
  });
});
