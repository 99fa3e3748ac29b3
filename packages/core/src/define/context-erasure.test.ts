import { describe, expect, it } from "vitest";
import * as z from "zod";
import { contextModel } from "./context-model.ts";
import { defineTopic } from "./define-topic.ts";
import { personal } from "./personal.ts";

const secret = z.object({ actor: z.string(), ip: personal(z.string()) });
const subject = { kind: "user", field: "actor" };

describe("a context with personal values", () => {
  it.each([
    ["without erasure", secret, undefined, /nothing says whom it is about/],
    ["with erasure for nothing", z.object({ actor: z.string() }), { subject }, /no personal field/],
    [
      "about a kind that is no word",
      secret,
      { subject: { ...subject, kind: "a/b" } },
      /plain word/,
    ],
    [
      "about a field that is not there",
      secret,
      { subject: { ...subject, field: "who" } },
      /not in/,
    ],
    ["about what is personal itself", secret, { subject: { ...subject, field: "ip" } }, /itself/],
  ])("%s is refused", (_, schema, erasure, message) => {
    expect(() => contextModel(schema, erasure)).toThrow(message);
  });

  it("is refused when its values are about nobody, in words without them", () => {
    const model = contextModel(secret.partial(), { subject });
    expect(model.encode({ actor: "ada" }).stored).toEqual({ actor: "ada" });
    expect(() => model.encode({ ip: "marker" })).toThrow(/actor.*names nobody/s);
    expect(() => model.encode({ ip: "marker" })).not.toThrow(/marker/);
  });
});

describe("a topic with personal headers", () => {
  const define = (headers: unknown, field = "userId") =>
    defineTopic({
      name: "feed",
      events: { Seen: z.object({ userId: z.string() }) },
      erasure: {
        method: "crypto-shredding",
        subject: { kind: "user", field: field as "userId" },
        headers: headers as string[],
      },
    });

  it("needs no personal field", () => {
    expect(define(["ip"]).name).toBe("feed");
    expect(() => define([])).toThrow(/no event of it has a personal field/);
  });

  it("names headers by texts, and a field that says whom they are about", () => {
    expect(() => define("ip")).toThrow(/no list of names/);
    expect(() => define([7])).toThrow(/no list of names/);
    expect(() => define(["ip"], "who")).toThrow(/none of its events/);
  });
});
