import { describe, expect, it } from "vitest";
import * as z from "zod";
import { columnTypeOf } from "./column-type.ts";
import { jsonBigInt, jsonDate } from "./json-codecs.ts";

describe("columnTypeOf", () => {
  it.each([
    ["z.string()", z.string(), { kind: "text" }],
    ["z.email()", z.email(), { kind: "text" }],
    ["z.uuid()", z.uuid(), { kind: "uuid" }],
    ["z.uuidv7()", z.uuidv7(), { kind: "uuid" }],
    ["z.enum", z.enum(["a", "b"]), { kind: "enum", values: ["a", "b"] }],
    ["z.literal", z.literal("a"), { kind: "enum", values: ["a"] }],
    ["z.int32()", z.int32(), { kind: "integer" }],
    ["z.int() within 32 bits", z.int().min(0).max(100), { kind: "integer" }],
    ["z.int()", z.int(), { kind: "bigint" }],
    ["z.number()", z.number(), { kind: "double" }],
    ["z.float64()", z.float64(), { kind: "double" }],
    ["z.boolean()", z.boolean(), { kind: "boolean" }],
    ["z.iso.datetime()", z.iso.datetime(), { kind: "timestamp" }],
    ["z.iso.date()", z.iso.date(), { kind: "date" }],
    ["jsonDate()", jsonDate(), { kind: "timestamp" }],
    ["jsonBigInt()", jsonBigInt(), { kind: "numeric" }],
    ["optional", z.string().optional(), { kind: "text" }],
    ["nullable with default", z.int32().nullable().default(1), { kind: "integer" }],
    ["readonly", z.boolean().readonly(), { kind: "boolean" }],
    ["branded", z.uuid().brand("Id"), { kind: "uuid" }],
  ])("%s", (_, schema, expected) => {
    expect(columnTypeOf(schema)).toEqual(expected);
  });

  it.each([
    ["an object", z.object({})],
    ["a list", z.array(z.string())],
    ["a union", z.union([z.string(), z.number()])],
    ["a local time", z.iso.datetime({ local: true })],
    ["numeric literals", z.literal([1, 2])],
  ])("has no rule for %s", (_, schema) => {
    expect(columnTypeOf(schema)).toBeUndefined();
  });
});
