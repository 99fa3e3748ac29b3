import { AnnalsError } from "./annals-error.ts";

/** An applied migration is no longer what was applied, or a new one comes before an applied one. */
export class MigrationMismatchError extends AnnalsError {
  readonly code = "ANNALS_MIGRATION_MISMATCH";
  /** The migration's name. */
  readonly migration: string;
  readonly kind: "changed" | "missing" | "out-of-order";

  constructor(at: { migration: string; kind: MigrationMismatchError["kind"] }) {
    super(MISMATCHES[at.kind](at.migration));
    this.migration = at.migration;
    this.kind = at.kind;
  }
}

const MISMATCHES = {
  changed: (migration: string) => ({
    message: `Migration "${migration}" was edited after it had been applied`,
    hint: "Put back what was applied, and write the change as another migration.",
  }),
  missing: (migration: string) => ({
    message: `Migration "${migration}" was applied, but is no longer there`,
    hint: "Put the file back, or point to the folder that has it.",
  }),
  "out-of-order": (migration: string) => ({
    message: `Migration "${migration}" is new, but comes before ones that were applied`,
    hint: "Give it the next number, or allow it with { outOfOrder: true } when the order does not matter.",
  }),
};

/** A migration failed; nothing of it was kept, and those before it were. */
export class MigrationFailedError extends AnnalsError {
  readonly code = "ANNALS_MIGRATION_FAILED";
  readonly migration: string;

  constructor(at: { migration: string }, options: ErrorOptions) {
    const reason = options.cause instanceof Error ? `: ${options.cause.message}` : "";
    super(
      {
        message: `Migration "${at.migration}" failed${reason}`,
        hint: "Mend the cause and run the migrations again; those before it are applied.",
      },
      options,
    );
    this.migration = at.migration;
  }
}

/** One way in which a database is not what the definitions need. */
export interface SchemaDifference {
  /** The entity's or the topic's name, or `annals` for what all share. */
  readonly entity: string;
  /** What it is about, for example `column users.email`. */
  readonly object: string;
  /** What is wrong, as a sentence. */
  readonly problem: string;
  /** What to do about it, as a sentence. */
  readonly remedy: string;
}

/** The database is not what the definitions need. */
export class SchemaMismatchError extends AnnalsError {
  readonly code = "ANNALS_SCHEMA_MISMATCH";
  readonly differences: readonly SchemaDifference[];

  constructor(differences: readonly SchemaDifference[]) {
    const lines = differences.map(({ entity, object, problem, remedy }) =>
      [`${object} (${entity})`, problem, remedy].join("\n  "),
    );
    super({
      message: `The database is not as the definitions say:\n${lines.join("\n")}`,
      hint: "annals check says the same, and its exit code is 1 then.",
    });
    this.differences = differences;
  }
}
