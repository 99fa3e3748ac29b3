import { expect, it } from "vitest";
import { announcementText, readAnnouncement } from "./announcement.ts";

it("comes back as it was sent", () => {
  const sent = { by: "one", tables: ['"public"."user_events"', '"app"."order_events"'] };
  expect(readAnnouncement(announcementText(sent))).toEqual(sent);
});

it("names no tables when there are too many for a notification", () => {
  const tables = Array.from({ length: 500 }, (_, n) => `"public"."täble_${n}_events"`);
  const text = announcementText({ by: "one", tables });
  expect(Buffer.byteLength(text)).toBeLessThan(8_000);
  expect(readAnnouncement(text)).toEqual({ by: "one", tables: undefined });
});

it("means all tables when somebody else wrote it", () => {
  for (const text of [undefined, "", "hello", "[1]", '{"tables":[1]}', "null"]) {
    expect(readAnnouncement(text).tables).toBeUndefined();
  }
});
