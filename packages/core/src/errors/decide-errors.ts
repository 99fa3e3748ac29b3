import { AnnalsError, describeIssues, type Issue } from "./annals-error.ts";

/** A command was refused by the entity's own rules. `reason` is the code given to `reject()`. */
export class CommandRejectedError extends AnnalsError {
  readonly code = "ANNALS_COMMAND_REJECTED";
  readonly entity: string;
  readonly id: string;
  readonly command: string;
  readonly reason: string;
  /** What the command passed to `reject()` beside the code. */
  readonly details: unknown;

  constructor(at: {
    entity: string;
    id: string;
    command: string;
    reason: string;
    details?: unknown;
  }) {
    super({
      message: `${at.entity} "${at.id}" rejected ${at.command}: ${at.reason}`,
      hint: "Handle the reason, or call the command through `attempt` to receive it as a value.",
    });
    this.entity = at.entity;
    this.id = at.id;
    this.command = at.command;
    this.reason = at.reason;
    this.details = at.details;
  }
}

/** A `create` or command function returned something that is not a decision. A bug in the definition. */
export class InvalidDecisionError extends AnnalsError {
  readonly code = "ANNALS_INVALID_DECISION";

  constructor(entity: string, command: string, problem: string, options?: ErrorOptions) {
    const decision =
      "Return one event, a list of at least one event, alreadyApplied, or reject(code).";
    super(
      {
        message: `${entity}.${command} returned ${problem}`,
        hint: options === undefined ? decision : "Correct the reducer; see the cause.",
      },
      options,
    );
  }
}

/** An event's payload does not fit its schema, or could not be stored without changing it. */
export class InvalidEventError extends AnnalsError {
  readonly code = "ANNALS_INVALID_EVENT";
  readonly entity: string;
  readonly eventType: string;
  readonly issues: readonly Issue[];

  constructor(
    at: { entity: string; eventType: string; issues: readonly Issue[] },
    options?: ErrorOptions,
  ) {
    super(
      {
        message: `${at.entity} event "${at.eventType}" is invalid: ${describeIssues(at.issues)}`,
        hint: "Correct the input, or the schema of this event in the definition.",
      },
      options,
    );
    this.entity = at.entity;
    this.eventType = at.eventType;
    this.issues = at.issues;
  }
}

/** The state that the events fold into does not fit the entity's schema. Nothing was recorded. */
export class InvalidStateError extends AnnalsError {
  readonly code = "ANNALS_INVALID_STATE";
  readonly entity: string;
  readonly id: string;
  readonly issues: readonly Issue[];

  constructor(
    at: { entity: string; id: string; issues: readonly Issue[] },
    options?: ErrorOptions,
  ) {
    super(
      {
        message: `${at.entity} "${at.id}" would get an invalid state: ${describeIssues(at.issues)}`,
        hint: "Make the events' schemas as strict as the entity schema, or correct the reducer.",
      },
      options,
    );
    this.entity = at.entity;
    this.id = at.id;
    this.issues = at.issues;
  }
}

/** The entity is deleted, so it takes no event but the one that restores it. */
export class EntityDeletedError extends AnnalsError {
  readonly code = "ANNALS_ENTITY_DELETED";
  readonly entity: string;
  readonly id: string;
  /** The command that would have added an event. */
  readonly command: string;

  constructor(at: { entity: string; id: string; command: string; canBeRestored: boolean }) {
    super({
      message: `${at.entity} "${at.id}" is deleted, and ${at.command} would add an event to it`,
      hint: at.canBeRestored
        ? "Restore it first: restore() of its repository, or a command that yields the restoring event."
        : "Nothing more can happen to it: its lifecycle declares no event that restores it.",
    });
    this.entity = at.entity;
    this.id = at.id;
    this.command = at.command;
  }
}

/** The instance cannot be written to just now; the message says which of the reasons holds. */
export class EntityUnusableError extends AnnalsError {
  readonly code = "ANNALS_ENTITY_UNUSABLE";
  readonly entity: string;
  readonly id: string;
  readonly reason: "writing" | "in-doubt" | "not-created" | "as-of";

  constructor(at: { entity: string; id: string; reason: EntityUnusableError["reason"] }) {
    const { problem, hint } = UNUSABLE[at.reason];
    super({ message: `${at.entity} "${at.id}" ${problem}`, hint });
    this.entity = at.entity;
    this.id = at.id;
    this.reason = at.reason;
  }
}

const UNUSABLE = {
  writing: {
    problem: "is being written by a call that has not finished",
    hint: "Await the first create() or update() before the next one on the same instance.",
  },
  "in-doubt": {
    problem: "was written in a transaction whose end Annals could not see",
    hint: "Read it again. With annalsPool(), or within transaction(), the end is always known.",
  },
  "not-created": {
    problem: "does not exist: the transaction that created it was rolled back",
    hint: "Call create() again.",
  },
  "as-of": {
    problem: "was read as it was at an earlier time, and is not written to",
    hint: "Read it without asOf, and decide on what holds now.",
  },
} as const;

/**
 * Children were asked for that the read of the entity left out: all of a kind, or, where a command looks at
 * them, some.
 */
export class ChildrenNotLoadedError extends AnnalsError {
  readonly code = "ANNALS_CHILDREN_NOT_LOADED";
  readonly entity: string;
  readonly id: string;
  readonly kind: string;

  /** Whether some of them were read. */
  readonly isPartial: boolean;

  constructor(at: { entity: string; id: string; kind: string; isPartial: boolean }) {
    const left = at.isPartial ? "Some of the" : "The";
    super({
      message: `${left} ${at.kind} of ${at.entity} "${at.id}" were left out when it was read`,
      hint: at.isPartial
        ? "Read the entity with all of them; a command may change those that were read by their ids."
        : "Read the entity without { children: false }, or do not look at them.",
    });
    this.isPartial = at.isPartial;
    this.entity = at.entity;
    this.id = at.id;
    this.kind = at.kind;
  }
}

/**
 * Somebody looks into a history that was not read: where a definition keeps snapshots, reads take the state
 * alone, unless they are asked for more.
 */
export class HistoryNotLoadedError extends AnnalsError {
  readonly code = "ANNALS_HISTORY_NOT_LOADED";
  readonly entity: string;
  readonly id: string;
  /** The command that looks into it; `undefined` for a look at the entity's own `history`. */
  readonly command: string | undefined;

  /** `isDeclared` is `false` for a command that is not among those that look into the history. */
  constructor(at: {
    entity: string;
    id: string;
    command?: string | undefined;
    isDeclared: boolean;
  }) {
    const { entity, id, command, isDeclared } = at;
    const who = command === undefined ? "Somebody" : `${entity}.${command}`;
    const which = `the history of ${entity} "${id}"`;
    super(
      isDeclared
        ? {
            message: `${who} looks into ${which}, which was read without it`,
            hint: "Read the entity with { history: true }, which reads all of its events.",
          }
        : {
            message: `${who} looks into ${which} without saying so`,
            hint: "Move the command to historyCommands in the definition, or decide over the state.",
          },
    );
    this.entity = entity;
    this.id = id;
    this.command = command;
  }
}

/** A child was changed through what a decision had handed out, after the decision had ended. */
export class DecisionOverError extends AnnalsError {
  readonly code = "ANNALS_DECISION_OVER";
  readonly entity: string;

  constructor(entity: string) {
    super({
      message: `A ${entity} was changed after the decision that it was handed out in`,
      hint: "Change children within a command of their parent, and at once: decisions await nothing.",
    });
    this.entity = entity;
  }
}
