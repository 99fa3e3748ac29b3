import { AnnalsError, describeIssues, type Issue } from "./annals-error.ts";

/** No entity has this id, or this value in the column. */
export class EntityNotFoundError extends AnnalsError {
  readonly code = "ANNALS_ENTITY_NOT_FOUND";
  readonly entity: string;
  /** The columns that were looked up, as the definition names them; `["id"]` for an id. */
  readonly columns: readonly string[];
  /** What was looked for, in the order of `columns`. Not part of the message. */
  readonly values: readonly unknown[];

  constructor(at: { entity: string; columns: readonly string[]; values: readonly unknown[] }) {
    const finder = at.columns.map((name) => name[0]?.toUpperCase() + name.slice(1)).join("And");
    super({
      message: `No ${at.entity} has this ${at.columns.join(" and ")}`,
      hint: `Use maybeFindBy${finder}() where absence is an ordinary answer.`,
    });
    this.entity = at.entity;
    this.columns = at.columns;
    this.values = at.values;
  }
}

/** The error for an id that no entity has. */
export const notFoundById = (entity: string, id: unknown): EntityNotFoundError =>
  new EntityNotFoundError({ entity, columns: ["id"], values: [id] });

/** Where a stored event is. */
export interface StoredEventAt {
  readonly table: string;
  readonly id: string;
  readonly sequence: number;
  readonly position?: number | undefined;
}

/** A stored event is unknown to the definition or does not fit it. Nothing is ever skipped. */
export class StoredEventError extends AnnalsError {
  readonly code = "ANNALS_STORED_EVENT";
  readonly table: string;
  /** The entity's id, or the key that the event was published by. */
  readonly id: string;
  /** The event's number within its entity; 0 in a topic of its own. */
  readonly sequence: number;
  /** The event's position; `undefined` where it was read as part of its entity. */
  readonly position: number | undefined;
  readonly issues: readonly Issue[];

  constructor(at: StoredEventAt & { issues: readonly Issue[] }, options?: ErrorOptions) {
    // What a topic of its own holds has no number; its key may be a user's own data.
    const event = at.sequence === 0 ? `at position ${at.position}` : `${at.sequence} of "${at.id}"`;
    super(
      {
        message: `Event ${event} in ${at.table} cannot be read: ${describeIssues(at.issues)}`,
        hint: "Events are never changed: let the definition accept what is stored.",
      },
      options,
    );
    this.table = at.table;
    this.id = at.id;
    this.sequence = at.sequence;
    this.position = at.position;
    this.issues = at.issues;
  }
}

/** An argument of a repository's method cannot be used; the message says which and why. */
export class InvalidArgumentError extends AnnalsError {
  readonly code = "ANNALS_INVALID_ARGUMENT";
  readonly entity: string;

  constructor(entity: string, problem: string, hint: string, options?: ErrorOptions) {
    super({ message: `${entity}: ${problem}`, hint }, options);
    this.entity = entity;
  }
}

/** A repository's `onHydrated` refused an entity. Whoever asked for it does not get it. */
export class EntityHookError extends AnnalsError {
  readonly code = "ANNALS_ENTITY_HOOK";
  readonly entity: string;
  readonly id: string;

  constructor(at: { entity: string; id: string }, options?: ErrorOptions) {
    super(
      {
        message: `onHydrated refused ${at.entity} "${at.id}"`,
        hint: "See the cause. Correct what is stored by events, or what onHydrated demands.",
      },
      options,
    );
    this.entity = at.entity;
    this.id = at.id;
  }
}
