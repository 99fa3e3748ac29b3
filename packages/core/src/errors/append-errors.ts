import { AnnalsError, describeIssues, type Issue } from "./annals-error.ts";

/** Somebody else appended to the entity after it was read. Nothing of this call was written. */
export class ConcurrentModificationError extends AnnalsError {
  readonly code = "ANNALS_CONCURRENT_MODIFICATION";
  override readonly retryable = true;
  readonly entity: string;
  readonly id: string;
  readonly expectedVersion: number;

  constructor(at: { entity: string; id: string; expectedVersion: number }, options?: ErrorOptions) {
    super(
      {
        message: `${at.entity} "${at.id}" is no longer at version ${at.expectedVersion}`,
        hint: "Read the entity again and repeat the decision.",
      },
      options,
    );
    this.entity = at.entity;
    this.id = at.id;
    this.expectedVersion = at.expectedVersion;
  }
}

/** Another entity already has this value in a unique column, or these values in unique columns. */
export class DuplicateValueError extends AnnalsError {
  readonly code = "ANNALS_DUPLICATE_VALUE";
  readonly entity: string;
  /** The entity that was to be written; a new one never came to be. `undefined` where nobody can tell. */
  readonly id: string | undefined;
  /** The index columns of the violated constraint, as the definition names them. */
  readonly columns: readonly string[];
  /** What was to be written there, in the order of `columns`. Not part of the message. */
  readonly values: readonly unknown[];

  constructor(
    at: {
      entity: string;
      id: string | undefined;
      columns: readonly string[];
      values: readonly unknown[];
    },
    options?: ErrorOptions,
  ) {
    super(
      {
        message: `Another ${at.entity} already has this ${at.columns.join(" and ")}`,
        hint: "Read the entity again and decide with another value, or work with the one that has it.",
      },
      options,
    );
    this.entity = at.entity;
    this.id = at.id;
    this.columns = at.columns;
    this.values = at.values;
  }

  /** The only column of the constraint; for a composite constraint, the first. */
  get column(): string {
    return this.columns[0] as string;
  }

  /** The value for `column`. */
  get value(): unknown {
    return this.values[0];
  }
}

/**
 * A batch hands unique values around in a circle, and the database allows no value that could stand in
 * for one of them meanwhile. Nothing was written.
 */
export class UniqueValueCycleError extends AnnalsError {
  readonly code = "ANNALS_UNIQUE_VALUE_CYCLE";
  readonly entity: string;
  /** The index columns of the constraint, as the definition names them. */
  readonly columns: readonly string[];

  constructor(at: { entity: string; columns: readonly string[] }, options?: ErrorOptions) {
    super(
      {
        message: `No value can stand in while a batch of ${at.entity} hands ${at.columns.join(" and ")} around in a circle`,
        hint: "Give one of them a free value first, in an update of its own; or allow more values in the column's check.",
      },
      options,
    );
    this.entity = at.entity;
    this.columns = at.columns;
  }
}

/** An entity with this id exists already. */
export class EntityAlreadyExistsError extends AnnalsError {
  readonly code = "ANNALS_ENTITY_ALREADY_EXISTS";
  readonly entity: string;
  readonly id: string;

  constructor(at: { entity: string; id: string }, options?: ErrorOptions) {
    super(
      {
        message: `${at.entity} "${at.id}" exists already`,
        hint: "Choose another id, or read the existing entity and update it.",
      },
      options,
    );
    this.entity = at.entity;
    this.id = at.id;
  }
}

/** A foreign key, a CHECK or a guard of the database refused the write. */
export class ConstraintViolationError extends AnnalsError {
  readonly code = "ANNALS_CONSTRAINT_VIOLATION";
  readonly entity: string;
  readonly kind: "foreign-key" | "check" | "not-null" | "guard";
  /** The constraint's or guard's name in the database, where the database tells. */
  readonly constraint: string | undefined;
  /** The index column that it guards, as the definition names it; `undefined` where it is none of its. */
  readonly column: string | undefined;

  constructor(
    at: {
      entity: string;
      kind: ConstraintViolationError["kind"];
      constraint?: string | undefined;
      column?: string | undefined;
    },
    options?: ErrorOptions,
  ) {
    const named = at.constraint === undefined ? "" : ` "${at.constraint}"`;
    const where = at.column === undefined ? "" : ` at ${at.column}`;
    super(
      {
        message: `${at.entity} violates the database's ${at.kind} rule${named}${where}`,
        hint: "Make the definition as strict as the database, or correct the value.",
      },
      options,
    );
    this.entity = at.entity;
    this.kind = at.kind;
    this.constraint = at.constraint;
    this.column = at.column;
  }
}

/** The write waited too long for a lock that another transaction holds. Nothing was written. */
export class LockTimeoutError extends AnnalsError {
  readonly code = "ANNALS_LOCK_TIMEOUT";
  override readonly retryable = true;
  readonly entity: string;

  constructor(at: { entity: string }, options?: ErrorOptions) {
    super(
      {
        message: `Writing ${at.entity} waited too long for a lock of another transaction`,
        hint: "Try again; if it recurs, look for long transactions that lock rows of this entity.",
      },
      options,
    );
    this.entity = at.entity;
  }
}

/** The idempotency key was used before, for another request. Nothing of this call was written. */
export class IdempotencyKeyReusedError extends AnnalsError {
  readonly code = "ANNALS_IDEMPOTENCY_KEY_REUSED";
  readonly entity: string;
  /** The key as it was given. Not part of the message. */
  readonly idempotencyKey: string;

  constructor(at: { entity: string; idempotencyKey: string }) {
    super({
      message: `Another request for ${at.entity} already has this idempotency key`,
      hint: "Make a new key for each request, and use it again only to repeat the same one.",
    });
    this.entity = at.entity;
    this.idempotencyKey = at.idempotencyKey;
  }
}

/** The connection broke during a write or a commit, so nobody can tell whether it was committed. */
export class OutcomeUnknownError extends AnnalsError {
  readonly code = "ANNALS_OUTCOME_UNKNOWN";
  /** The entity that was written; `undefined` where a whole transaction was committed. */
  readonly entity: string | undefined;

  constructor(at: { entity: string | undefined }, options: ErrorOptions) {
    const doing =
      at.entity === undefined ? "a transaction was committed" : `${at.entity} was written`;
    super(
      {
        message: `The connection broke while ${doing}`,
        hint: "Read the entity again to see whether it was, before you repeat the command.",
      },
      options,
    );
    this.entity = at.entity;
  }
}

/** The database refused or failed in a way that has no error of its own. The driver's is the cause. */
export class DatabaseError extends AnnalsError {
  readonly code = "ANNALS_DATABASE";
  override readonly retryable: boolean;
  /** PostgreSQL's five-character code, where the server reported one. */
  readonly sqlstate: string | undefined;

  constructor(
    at: {
      doing: string;
      sqlstate: string | undefined;
      retryable: boolean;
      /** Whether the database could not be asked at all. Default is `false`. */
      unreachable?: boolean;
      hint?: string | undefined;
    },
    options: ErrorOptions,
  ) {
    const failed = at.unreachable === true ? "could not be reached" : "call failed";
    const problem = at.sqlstate === undefined ? failed : `reported ${at.sqlstate}`;
    const hint = at.retryable ? "Try again: the trouble is passing." : "See the cause.";
    super({ message: `The database ${problem} at ${at.doing}`, hint: at.hint ?? hint }, options);
    this.retryable = at.retryable;
    this.sqlstate = at.sqlstate;
  }
}

/** What was given as the context of events, or was stored as one, does not fit its schema. */
export class InvalidContextError extends AnnalsError {
  readonly code = "ANNALS_INVALID_CONTEXT";
  readonly issues: readonly Issue[];

  constructor(at: { issues: readonly Issue[] }, options?: ErrorOptions) {
    super(
      {
        message: `The context does not fit its schema: ${describeIssues(at.issues)}`,
        hint: "Give all that the schema requires and nothing that it does not declare.",
      },
      options,
    );
    this.issues = at.issues;
  }
}
