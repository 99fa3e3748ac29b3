import { createStoreRepository, defineEntity, jsonDate, MemoryStore } from "@annals/core";
import { describe, expectTypeOf, it } from "vitest";
import * as z from "zod";
import { defineContext } from "./context.ts";

const context = defineContext(
  z.object({ actor: z.enum(["user", "system"]), since: jsonDate().optional() }),
);
const work = () => 1 as const;

describe("a context", () => {
  it("takes what its schema requires, as values, and the reserved keys", () => {
    const result = context.withContext({ actor: "user", since: new Date() }, work);
    expectTypeOf(result).toEqualTypeOf<1>();
    context.withContext({ actor: "system", correlationId: "c", traceparent: "t" }, work);
    // @ts-expect-error actor is missing
    context.withContext({}, work);
    // @ts-expect-error actor is one of two words
    context.withContext({ actor: "ada" }, work);
    // @ts-expect-error since is a Date
    context.withContext({ actor: "user", since: "2020-01-01T00:00:00Z" }, work);
    // @ts-expect-error the schema has no such key
    context.withContext({ actor: "user", acter: "user" }, work);
    // @ts-expect-error a correlation is a text
    context.withContext({ actor: "user", correlationId: 1 }, work);
  });

  it("is extended by some of it", () => {
    context.extendContext({ since: undefined }, work);
    context.extendContext({ causationId: "c" }, work);
    // @ts-expect-error the schema has no such key
    context.extendContext({ acter: "user" }, work);
  });

  it("is read as values", () => {
    expectTypeOf(context.current()?.actor).toEqualTypeOf<"user" | "system" | undefined>();
    expectTypeOf(context.parse(null)?.since).toEqualTypeOf<Date | undefined>();
    // @ts-expect-error what is read cannot be changed
    (context.parse(null) as NonNullable<ReturnType<typeof context.parse>>).actor = "user";
  });

  it("reports a reserved key in its schema as a sentence", () => {
    // @ts-expect-error every context has this key already: "correlationId"
    defineContext(z.object({ correlationId: z.string() }));
  });

  it("is passed to repositories", () => {
    const Lamp = defineEntity({
      name: "lamp",
      context: false,
      schema: z.object({ on: z.boolean() }),
      events: { Made: z.object({}) },
      create: () => ({ type: "Made" }),
      evolve: { Made: () => ({ on: false }) },
      commands: {},
      index: {},
    });
    createStoreRepository(Lamp, new MemoryStore(), { context });
    // @ts-expect-error a plain object is no context
    createStoreRepository(Lamp, new MemoryStore(), { context: { actor: "user" } });
  });
});
