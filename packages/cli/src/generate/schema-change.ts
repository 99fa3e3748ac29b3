/** One step from what the migrations make to what the definitions need. */
export interface SchemaChange {
  /** What it does, in the words of the definition: `user: the column plan is added`. */
  readonly title: string;
  /** Statements for the next migration. */
  readonly expand: readonly string[];
  /** Statements for the migration after it, which commits on its own. */
  readonly contract: readonly string[];
  /** The entity whose rows have to be filled between the two migrations, if they have to be. */
  readonly fills?: string | undefined;
  /**
   * How it has to be named before it is done, for what destroys something or could be meant otherwise:
   * `--drop user.nick`, `--change user.age`.
   */
  readonly named?: Named | undefined;
  /** What whoever runs it should know. */
  readonly note?: string | undefined;
}

export interface Named {
  readonly option: "drop" | "change";
  readonly target: string;
}

export const change = (
  title: string,
  expand: readonly string[],
  more: Partial<Omit<SchemaChange, "title" | "expand">> = {},
): SchemaChange => ({ title, expand, contract: [], ...more });
