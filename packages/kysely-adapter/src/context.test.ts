import { setTimeout as sleep } from "node:timers/promises";
import { InvalidContextError } from "@annals/core";
import { describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { defineContext } from "./context.ts";

const context = defineContext(z.object({ actor: z.string(), reason: z.string().optional() }));
const { withContext, extendContext } = context;

describe("withContext", () => {
  it("holds for what it runs, and for nothing else", () => {
    expect(context.current()).toBeUndefined();
    expect(context.stored()).toBeUndefined();
    const seen = withContext({ actor: "ada" }, () => context.current());
    expect(seen).toEqual({ actor: "ada" });
    expect(context.current()).toBeUndefined();
  });

  it("follows awaits, timers and callbacks", async () => {
    const seen = await withContext({ actor: "ada" }, async () => {
      await sleep(1);
      return new Promise((resolve) => setTimeout(() => resolve(context.stored()), 1));
    });
    expect(seen).toEqual({ actor: "ada" });
  });

  it("keeps what runs at the same time apart", async () => {
    const actors = Array.from({ length: 50 }, (_, n) => `actor ${n}`);
    const seen = await Promise.all(
      actors.map((actor) =>
        withContext({ actor }, async () => {
          await sleep(Math.random() * 5);
          return extendContext({ reason: `of ${actor}` }, async () => {
            await sleep(Math.random() * 5);
            return context.stored();
          });
        }),
      ),
    );
    expect(seen).toEqual(actors.map((actor) => ({ actor, reason: `of ${actor}` })));
  });

  it("adds to the context around it, and the inner value wins", () => {
    withContext({ actor: "ada", reason: "why", correlationId: "c" }, () => {
      withContext({ actor: "bob" }, () => {
        expect(context.stored()).toEqual({ actor: "bob", reason: "why", correlationId: "c" });
        extendContext({ reason: undefined, correlationId: undefined }, () => {
          expect(context.stored()).toEqual({ actor: "bob" });
        });
      });
      expect(context.current()).toEqual({ actor: "ada", reason: "why", correlationId: "c" });
    });
  });

  it("refuses what does not fit before anything runs", () => {
    const work = vi.fn();
    expect(() => withContext({ actor: 1 as never }, work)).toThrow(InvalidContextError);
    expect(() => extendContext({ reason: "why" }, work)).toThrow(/actor/);
    expect(() => withContext({ actor: "ada", extra: 1 } as never, work)).toThrow(/extra/);
    expect(work).not.toHaveBeenCalled();
  });

  it("is a context of its own for each that is defined", () => {
    const other = defineContext(z.object({ tenant: z.string() }));
    withContext({ actor: "ada" }, () => {
      expect(other.current()).toBeUndefined();
      other.withContext({ tenant: "t" }, () => {
        expect([context.stored(), other.stored()]).toEqual([{ actor: "ada" }, { tenant: "t" }]);
      });
    });
  });

  it("gives back what the work returns, and throws what it throws", async () => {
    expect(withContext({ actor: "ada" }, () => 1)).toBe(1);
    const failing = withContext({ actor: "ada" }, () => Promise.reject(new RangeError("no")));
    await expect(failing).rejects.toThrow(RangeError);
  });
});

describe("runCaused", () => {
  const cause = { causationId: "user/1/1", correlationId: "c" };

  it("adds the cause to the context around it", () => {
    expect(context.runCaused(cause, context.stored)).toEqual(cause);
    const seen = withContext({ actor: "ada", correlationId: "x" }, () =>
      context.runCaused(cause, () => [context.current(), context.stored()]),
    );
    expect(seen).toEqual([
      { actor: "ada", ...cause },
      { actor: "ada", ...cause },
    ]);
  });

  it("keeps the cause in the contexts within it", () => {
    const seen = context.runCaused(cause, () => withContext({ actor: "ada" }, context.stored));
    expect(seen).toEqual({ actor: "ada", ...cause });
  });
});

describe("parse", () => {
  it("reads what was stored", () => {
    expect(context.parse(null)).toBeUndefined();
    expect(context.parse({ actor: "ada", correlationId: "c" })).toEqual({
      actor: "ada",
      correlationId: "c",
    });
    expect(() => context.parse({})).toThrow(InvalidContextError);
  });
});
