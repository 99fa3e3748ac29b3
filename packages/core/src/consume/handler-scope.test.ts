import { describe, expect, it, vi } from "vitest";
import type { Cause } from "../define/context-model.ts";
import type { ContextScope } from "../port/context.ts";
import type { TopicEvent } from "../port/rows.ts";
import { handlerScope } from "./handler-scope.ts";

const event: TopicEvent = {
  topic: "user",
  id: "3f2c",
  sequence: 2,
  position: 17,
  recordedAt: new Date(0),
  context: null,
  headers: null,
  body: { type: "Renamed" },
  bytes: null,
};

const causeOf = async (changes: Partial<TopicEvent>): Promise<Cause | undefined> => {
  let seen: Cause | undefined;
  const context: ContextScope = {
    stored: () => undefined,
    runCaused: (cause, work) => {
      seen = cause;
      return work();
    },
  };
  const scope = handlerScope({ name: "follower", context });
  const handle = vi.fn();
  await scope({ ...event, ...changes }, handle);
  expect(handle).toHaveBeenCalledOnce();
  return seen;
};

describe("the cause of what a handler stores", () => {
  it("is the event, which begins a correlation where it has none", async () => {
    const own = { causationId: "user/3f2c/2", correlationId: "user/3f2c/2" };
    expect(await causeOf({})).toEqual(own);
    expect(await causeOf({ context: { correlationId: 7 } })).toEqual(own);
    expect(await causeOf({ context: { correlationId: "r-1", causationId: "x" } })).toEqual({
      ...own,
      correlationId: "r-1",
    });
  });

  it("is named by its position in a topic of its own, whose keys are not ids", async () => {
    const published = { topic: "mail", id: "ada@example.com", sequence: 0 };
    expect(await causeOf(published)).toMatchObject({ causationId: "mail/17" });
  });

  it("is nothing without a context", async () => {
    const handle = vi.fn();
    await handlerScope({ name: "follower" })(event, handle);
    expect(handle).toHaveBeenCalledOnce();
  });
});
