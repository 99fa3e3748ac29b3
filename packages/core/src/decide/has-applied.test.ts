import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasApplied } from "./has-applied.ts";

type Event =
  | { readonly type: "Renamed"; readonly name: string }
  | { readonly type: "Nicknamed"; readonly nick: string }
  | { readonly type: "Closed" }
  | { readonly type: "Reopened" };

const renamed = (name: string): Event => ({ type: "Renamed", name });
const nicknamed = (nick: string): Event => ({ type: "Nicknamed", nick });
const closed: Event = { type: "Closed" };
const reopened: Event = { type: "Reopened" };

describe("hasApplied", () => {
  it("finds the event among others, and only it", () => {
    const isClosed = (...history: Event[]) => hasApplied(history, { event: "Closed" });
    expect(isClosed()).toBe(false);
    expect(isClosed(renamed("a"))).toBe(false);
    expect(isClosed(closed)).toBe(true);
    expect(isClosed(closed, renamed("a"), reopened)).toBe(true);
  });

  it("counts only the events that the condition picks", () => {
    const wasNamed = (name: string, ...history: Event[]) =>
      hasApplied(history, { event: "Renamed", when: (event) => event.name === name });
    expect(wasNamed("a", renamed("b"))).toBe(false);
    expect(wasNamed("a", renamed("a"), renamed("b"))).toBe(true);
  });

  it("stops at what resets it", () => {
    const isClosed = (...history: Event[]) =>
      hasApplied(history, { event: "Closed", resetsOn: ["Reopened"] });
    expect(isClosed(closed, reopened)).toBe(false);
    expect(isClosed(closed, reopened, closed)).toBe(true);
    expect(isClosed(closed, reopened, renamed("a"))).toBe(false);
  });

  it("lets A, B, A happen, since B resets A", () => {
    const isNamed = (name: string, ...history: Event[]) =>
      hasApplied(history, {
        event: "Renamed",
        when: (event) => event.name === name,
        resetsOn: ["Renamed"],
      });
    expect(isNamed("a", renamed("a"))).toBe(true);
    expect(isNamed("a", renamed("a"), renamed("b"))).toBe(false);
    expect(isNamed("a", renamed("a"), renamed("b"), renamed("a"))).toBe(true);
  });

  it("takes several event types, and a condition as the reset", () => {
    const isCalled = (called: string, ...history: Event[]) =>
      hasApplied(history, {
        event: ["Renamed", "Nicknamed"],
        when: (event) => (event.type === "Renamed" ? event.name : event.nick) === called,
        resetsOn: (event) => event.type === "Renamed" && event.name === "nobody",
      });
    expect(isCalled("a", nicknamed("a"))).toBe(true);
    expect(isCalled("a", renamed("a"), nicknamed("b"))).toBe(true);
    expect(isCalled("a", renamed("a"), renamed("nobody"))).toBe(false);
    expect(isCalled("nobody", renamed("nobody"))).toBe(true);
  });

  it("looks at no event before the one that decides", () => {
    const looked: string[] = [];
    const history = new Proxy([renamed("a"), closed, reopened, renamed("b")], {
      get: (target, key, receiver) => {
        if (/^\d+$/.test(String(key))) looked.push(String(key));
        return Reflect.get(target, key, receiver);
      },
    });
    expect(hasApplied(history, { event: "Closed", resetsOn: ["Reopened"] })).toBe(false);
    expect(looked).toEqual(["3", "2"]);
    expect(hasApplied(history, { event: "Closed" })).toBe(true);
    expect(looked).toEqual(["3", "2", "3", "2", "1"]);
  });

  it("says what the last decisive event says, whatever the history", () => {
    const events = fc.array(
      fc.constantFrom<Event>(renamed("a"), renamed("b"), nicknamed("a"), closed, reopened),
    );
    const types = fc.subarray(["Renamed", "Nicknamed", "Closed", "Reopened"] as const);
    fc.assert(
      fc.property(events, types, types, fc.boolean(), (history, done, resetsOn, onlyA) => {
        const when = (event: Event) => !onlyA || !("name" in event) || event.name === "a";
        // The same as a fold from the first event on: what counts as done sets it, a reset clears it.
        let expected = false;
        for (const event of history) {
          const isDone = (done as string[]).includes(event.type) && when(event);
          if (isDone) expected = true;
          else if ((resetsOn as string[]).includes(event.type)) expected = false;
        }
        expect(hasApplied(history, { event: done, when, resetsOn })).toBe(expected);
      }),
    );
  });
});
