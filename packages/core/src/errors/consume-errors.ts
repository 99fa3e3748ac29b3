import { AnnalsError, describeIssues, type Issue } from "./annals-error.ts";

/** A handler threw. The transaction with its effects and the checkpoint was rolled back. */
export class HandlerFailedError extends AnnalsError {
  readonly code = "ANNALS_HANDLER_FAILED";
  readonly consumer: string;
  readonly topic: string;
  readonly id: string;
  readonly sequence: number;
  readonly position: number;

  constructor(
    at: {
      consumer: string;
      topic: string;
      id: string;
      sequence: number;
      position: number;
      events?: number;
    },
    options: ErrorOptions,
  ) {
    const { events = 1 } = at;
    const several = events === 1 ? "" : ` or one of the ${events - 1} events after it`;
    super(
      {
        message: `Consumer "${at.consumer}" failed on ${at.topic}/${at.id}/${at.sequence} at position ${at.position}${several}`,
        hint: "See the cause. The consumer goes on with this event when it is run again.",
      },
      options,
    );
    this.consumer = at.consumer;
    this.topic = at.topic;
    this.id = at.id;
    this.sequence = at.sequence;
    this.position = at.position;
  }
}

/** Leases ran out again and again while one event was handled: it blocks the process, or ends it. */
export class LeaseOutlivedError extends AnnalsError {
  readonly code = "ANNALS_LEASE_OUTLIVED";
  readonly consumer: string;
  /** How often the lease ran out. */
  readonly losses: number;

  constructor(at: { consumer: string; losses: number }) {
    super({
      message: `Consumer "${at.consumer}" lost its lease ${at.losses} times in a row on one event`,
      hint: "Its handler blocks the process for longer than leaseMs, or ends it. Mend it, then redrive the event.",
    });
    this.consumer = at.consumer;
    this.losses = at.losses;
  }
}

/** A consumer, or one of its slots, is paused, so that it cannot catch up. */
export class ConsumerPausedError extends AnnalsError {
  readonly code = "ANNALS_CONSUMER_PAUSED";
  readonly consumer: string;

  constructor(at: { consumer: string; because: string }) {
    super({
      message: `Consumer "${at.consumer}" is paused: ${at.because}`,
      hint: "annals.consumers and annals.slots say since when and why. Resume it, then catch up.",
    });
    this.consumer = at.consumer;
  }
}

/** A consumer did not come as far as somebody waited for in time. */
export class WaitTimeoutError extends AnnalsError {
  readonly code = "ANNALS_WAIT_TIMEOUT";
  readonly consumer: string;
  override readonly retryable = true;

  constructor(at: {
    consumer: string;
    what: string;
    timeoutMs: number;
    /** What the consumer was doing; `undefined` when no consumer of this name is registered. */
    doing: string | undefined;
  }) {
    const doing = at.doing ?? "no consumer of this name has ever run here";
    super({
      message: `Consumer "${at.consumer}" has not handled ${at.what} within ${at.timeoutMs} ms: ${doing}`,
      hint: "consumers(db).health() says more. Where it is merely slow, wait longer, or answer without it.",
    });
    this.consumer = at.consumer;
  }
}

/** The position sequence stands below positions already used, so new events would be lost. */
export class PositionSequenceBehindError extends AnnalsError {
  readonly code = "ANNALS_POSITION_SEQUENCE_BEHIND";
  /** The last position the sequence gave out; `undefined` when an append met one that was taken. */
  readonly last: number | undefined;
  /** The highest position that is in use, by an event or by a checkpoint. */
  readonly used: number | undefined;

  constructor(at: { last?: number; used?: number } = {}, options?: ErrorOptions) {
    const stand =
      at.last === undefined
        ? "annals.position gave out a position that an event has already"
        : `annals.position stands at ${at.last}, but position ${at.used} is already used`;
    const target = at.used ?? "the highest position in any events table or checkpoint";
    super(
      {
        message: stand,
        hint: `Stop all writers, set the sequence with setval('annals.position', …) to ${target}, then go on.`,
      },
      options,
    );
    this.last = at.last;
    this.used = at.used;
  }
}

/** A consumer of this name is registered with other topics than the ones now declared. */
export class ConsumerChangedError extends AnnalsError {
  readonly code = "ANNALS_CONSUMER_CHANGED";
  readonly consumer: string;

  constructor(at: {
    consumer: string;
    registered: readonly string[];
    declared: readonly string[];
  }) {
    super({
      message: `Consumer "${at.consumer}" follows ${at.registered.join(", ")}, not ${at.declared.join(", ")}`,
      hint: 'Its checkpoint says nothing about other topics. Use another name for another consumer, or declare changedTopics: "from-checkpoint".',
    });
    this.consumer = at.consumer;
  }
}

/** A handler took longer than `timeoutMs`. It is the cause of a HandlerFailedError. */
export class HandlerTimeoutError extends AnnalsError {
  readonly code = "ANNALS_HANDLER_TIMEOUT";
  readonly consumer: string;
  readonly timeoutMs: number;

  constructor(at: { consumer: string; timeoutMs: number }) {
    super({
      message: `A handler of consumer "${at.consumer}" took longer than ${at.timeoutMs} ms`,
      hint: "Have it end when its signal is aborted, do less in it, or allow it more by timeoutMs.",
    });
    this.consumer = at.consumer;
    this.timeoutMs = at.timeoutMs;
  }
}

/** The consumer has another name now. Nothing is begun anew under the old one. */
export class ConsumerRenamedError extends AnnalsError {
  readonly code = "ANNALS_CONSUMER_RENAMED";
  readonly consumer: string;
  /** Its name now. */
  readonly renamedTo: string;

  constructor(at: { consumer: string; renamedTo: string }) {
    super({
      message: `Consumer "${at.consumer}" was renamed to "${at.renamedTo}"`,
      hint: "Use the new name. To use the old one for another consumer, remove it with consumers(db).remove first.",
    });
    this.consumer = at.consumer;
    this.renamedTo = at.renamedTo;
  }
}

/** The consumer was removed while it ran. */
export class ConsumerRemovedError extends AnnalsError {
  readonly code = "ANNALS_CONSUMER_REMOVED";
  readonly consumer: string;

  constructor(at: { consumer: string }) {
    super({
      message: `Consumer "${at.consumer}" was removed while it ran`,
      hint: "When it is run again, it is a new consumer and begins at its start.",
    });
    this.consumer = at.consumer;
  }
}

/** A consumer, or a replay, cannot start at, or be set to, the place that was named. */
export class ConsumerStartError extends AnnalsError {
  readonly code = "ANNALS_CONSUMER_START";
  readonly consumer: string;

  constructor(at: { consumer: string; problem: string; hint: string }) {
    super({ message: `Consumer "${at.consumer}": ${at.problem}`, hint: at.hint });
    this.consumer = at.consumer;
  }
}

/** What is kept by key does not fit the schema, when it was written or when it was read. */
export class StateError extends AnnalsError {
  readonly code = "ANNALS_STATE";
  /** The name that it is kept under. */
  readonly state: string;
  readonly key: string;
  readonly does: "written" | "read";
  readonly issues: readonly Issue[];

  constructor(
    at: { state: string; key: string; does: StateError["does"]; issues: readonly Issue[] },
    options?: ErrorOptions,
  ) {
    super(
      {
        message: `A value of the state "${at.state}" cannot be ${at.does}: ${describeIssues(at.issues)}`,
        hint:
          at.does === "written"
            ? "Correct the value, or the schema of the state."
            : "Let the schema accept what is stored, or delete it.",
      },
      options,
    );
    this.state = at.state;
    this.key = at.key;
    this.does = at.does;
    this.issues = at.issues;
  }
}
