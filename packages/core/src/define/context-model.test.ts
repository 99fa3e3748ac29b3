import { describe, expect, it } from "vitest";
import * as z from "zod";
import { InvalidContextError } from "../errors/append-errors.ts";
import { InvalidDefinitionError } from "../errors/define-errors.ts";
import { contextModel } from "./context-model.ts";
import { jsonDate } from "./json-codecs.ts";

const model = contextModel(
  z.object({
    actor: z.string().min(3),
    since: jsonDate().optional(),
    tags: z.record(z.string(), z.string()).optional(),
  }),
);
const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const since = new Date("2020-01-02T03:04:05.678Z");

const refused = (given: object): InvalidContextError => {
  try {
    model.encode(given);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidContextError);
    return error as InvalidContextError;
  }
  throw new Error("it was not refused");
};

describe("a context", () => {
  it("is stored as JSON beside the reserved keys, and read back as values", () => {
    const given = { actor: "ada", since, correlationId: "c", causationId: "d", traceparent };
    const { values, reserved, stored } = model.encode(given);
    expect(values).toEqual({ actor: "ada", since });
    expect(reserved).toEqual({ correlationId: "c", causationId: "d", traceparent });
    expect(stored).toEqual({ ...given, since: since.toISOString() });
    expect(Object.isFrozen(stored)).toBe(true);
    expect(model.decode(stored)).toEqual(given);
  });

  it("leaves out what is undefined", () => {
    const { stored } = model.encode({ actor: "ada", since: undefined, correlationId: undefined });
    expect(Object.keys(stored)).toEqual(["actor"]);
  });

  it("ignores, when it is read, what a later schema added", () => {
    expect(model.decode({ actor: "ada", later: 1 })).toEqual({ actor: "ada" });
    expect(() => model.decode({ actor: 1 })).toThrow(InvalidContextError);
  });

  it("takes a cause over what is there", () => {
    const base = model.encode({ actor: "ada", correlationId: "old", traceparent });
    const cause = { causationId: "user/1/1", correlationId: "new" };
    const { values, stored } = model.extend(base, cause);
    expect(values).toEqual({ actor: "ada" });
    expect(stored).toEqual({ actor: "ada", traceparent, ...cause });
    expect(model.extend(undefined, cause).stored).toEqual(cause);
  });
});

describe("what does not fit is refused with its path and without its value", () => {
  it.each([
    ["a missing key", {}, ["actor"]],
    ["a value of another type", { actor: 17_171_717 }, ["actor"]],
    ["a value that breaks a rule", { actor: "xy" }, ["actor"]],
    ["an unknown key", { actor: "ada", secret: "17171717" }, ["secret"]],
    ["what PostgreSQL cannot hold", { actor: "17171717\u0000" }, ["actor"]],
    ["the same further down", { actor: "ada", tags: { a: "17171717\ud800" } }, ["tags", "a"]],
    [
      "a reserved key that is no text",
      { actor: "ada", correlationId: 17_171_717 },
      ["correlationId"],
    ],
    ["an empty one", { actor: "ada", causationId: "" }, ["causationId"]],
    ["one that is too long", { actor: "ada", causationId: "17171717".repeat(26) }, ["causationId"]],
    [
      "one that cannot be stored",
      { actor: "ada", correlationId: "17171717\u0000" },
      ["correlationId"],
    ],
    ["a malformed traceparent", { actor: "ada", traceparent: "17171717" }, ["traceparent"]],
  ])("%s", (_name, given, path) => {
    const error = refused(given);
    expect(error.code).toBe("ANNALS_INVALID_CONTEXT");
    expect(error.issues[0]?.path).toEqual(path);
    expect(error.message).not.toContain("17171717");
  });
});

describe("a schema", () => {
  it.each([
    ["that is no object", z.string(), "its schema is no object schema"],
    [
      "with a reserved key",
      z.object({ causationId: z.string() }),
      'declares "causationId", which every context has already',
    ],
    ["with what JSON cannot hold", z.object({ at: z.date() }), "at: date does not survive JSON"],
  ])("%s is refused", (_name, schema, problem) => {
    const define = () => contextModel(schema as never);
    expect(define).toThrow(InvalidDefinitionError);
    expect(define).toThrow(problem);
  });
});
