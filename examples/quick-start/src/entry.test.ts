import { entityTablesSql } from "@annals/kysely-adapter";
import { expect, it } from "vitest";
import { Entry } from "./entry.ts";

it("is chained, and grants to one role what only adds", () => {
  const text = entityTablesSql(Entry);
  expect(text).toContain('constraint "entry_events_previous_fkey" foreign key');
  expect(text).toContain('create role "ledger_writer" nologin');
  expect(text).not.toMatch(/grant [^;]*\b(delete|truncate)\b/);
});
