import { AssertionError, deepStrictEqual } from "node:assert";
import type { AnyEntity, AttemptOf, EventOf, StateOf } from "@annals/core";
import type { Decided } from "./decided.ts";
import { type ChangedChildren, comparable, type ExpectedChanged } from "./given-children.ts";

/** What became of a decision. Each `then…` throws an AssertionError with the difference. */
export class Outcome<Definition extends AnyEntity> {
  /** The outcome as a value, for assertions of another kind. */
  readonly attempt: AttemptOf<Definition>;
  readonly #decided: Decided<Definition>;
  readonly #what: string;

  constructor(entity: string, command: string, decided: Decided<Definition>) {
    this.attempt = decided.attempt;
    this.#decided = decided;
    this.#what = `${entity}.${command}`;
  }

  /** The decision yielded exactly these events. */
  // biome-ignore lint/suspicious/noThenProperty: the last word of given, when, then.
  then(events: readonly [EventOf<Definition>, ...EventOf<Definition>[]]): void {
    // Awaiting an outcome instead of asserting something of it ends here.
    if (!Array.isArray(events))
      throw new TypeError(`then() of ${this.#what} takes a list of events`);
    this.#expect({ outcome: "executed", events });
  }

  /** The decision was refused with this code and, where they are given, these details. */
  thenRejected(code: string, ...details: readonly [details?: unknown]): void {
    const { attempt } = this;
    const actual = attempt.outcome === "rejected" ? attempt.details : undefined;
    this.#expect({
      outcome: "rejected",
      code,
      details: details.length === 0 ? actual : details[0],
    });
  }

  /** What the command asks for held already. */
  thenAlreadyApplied(): void {
    this.#expect({ outcome: "alreadyApplied" });
  }

  /**
   * The events do not fit their schemas, or lead to a state that does not fit its own.
   *
   * @param path where in the event or the state, for example `"address.city"`. Default is anywhere.
   */
  thenInvalid(path?: string): void {
    const { attempt } = this;
    if (attempt.outcome !== "invalid") {
      this.#expect({ outcome: "invalid", at: path === undefined ? [] : [path] });
      return;
    }
    const paths = attempt.error.issues.map((issue) => issue.path.map(String).join("."));
    if (path === undefined || paths.includes(path)) return;
    fail(`${this.#what} is invalid, but not there`, paths, [path], this.thenInvalid);
  }

  /** The entity is deleted, and what was decided does not restore it first. */
  thenDeleted(): void {
    if (this.attempt.outcome !== "deleted") this.#expect({ outcome: "deleted" });
  }

  /** The state after the decision. */
  thenState(state: StateOf<Definition>): void {
    equal(`${this.#what} led to another state`, this.#decided.state, state, this.thenState);
  }

  /**
   * The decision changed and created exactly these children, with these events; `then` says what it yielded of
   * the entity itself. Those that were there come first, in the order of their ids, and then new ones.
   */
  thenChildren(children: ChangedChildren<Definition>): void {
    const { attempt } = this;
    if (attempt.outcome !== "executed") this.#expect({ outcome: "executed", children });
    const [actual, expected] = comparable(this.#decided.children, children as ExpectedChanged);
    equal(`${this.#what} made something else of children`, actual, expected, this.thenChildren);
  }

  #expect(expected: object): void {
    const { attempt } = this;
    const actual =
      "error" in attempt ? { outcome: attempt.outcome, problem: attempt.error.message } : attempt;
    equal(`${this.#what} had another outcome`, actual, expected, this.#expect);
  }
}

const equal = (message: string, actual: unknown, expected: unknown, from: Below): void => {
  try {
    deepStrictEqual(actual, expected);
  } catch (error) {
    if (!(error instanceof AssertionError)) throw error;
    // Its own text is the difference, which every test framework shows.
    fail(`${message}: ${error.message}`, actual, expected, from);
  }
};

type Below = (...args: never[]) => unknown;

const fail = (message: string, actual: unknown, expected: unknown, from: Below): never => {
  throw new AssertionError({
    message,
    actual,
    expected,
    operator: "deepStrictEqual",
    stackStartFn: from,
  });
};
