import type { Remembered } from "./forgotten.ts";

/** How a column of the index table behaves. */
export interface ColumnOptions {
  /** No two entities share a value; gives `findBy<Column>`. Many may have none. Default is `false`. */
  readonly unique?: boolean;
  /** The column's type in the database's own words, for values that have no fixed rule. */
  readonly type?: string;
  /** The collation of a text column. Default is `"C"`, which sorts alike on every server. */
  readonly collation?: string;
  /** `"orders"` or `"orders.id"`: the value must exist there. */
  readonly references?: string;
  /** What deleting the referred row does. Default is `"no action"`: both refuse it, the other earlier. */
  readonly onDelete?: "no action" | "restrict";
  /** A condition in SQL over the column, for example `"length(slug) > 2"`. */
  readonly check?: string;
  /** The value never changes after creation; a change is refused. Default is `false`. */
  readonly immutable?: boolean;
  /** Lists may be ordered by it, which its index is made for. Default is `true`. */
  readonly sort?: boolean;
}

/** A column that repeats a field of the entity schema. */
export interface FieldColumn<Value> extends ColumnOptions {
  /** Brings a value into the form that is stored and looked up, for example lower case. */
  readonly normalize?: (value: Remembered<NonNullable<Value>>) => Remembered<NonNullable<Value>>;
}

/** A column that is computed from the state. */
export interface ComputedColumn<State> extends ColumnOptions {
  /** The column's value; `null` or `undefined` for none. */
  readonly from: (state: State) => string | number | boolean | Date | bigint | null | undefined;
  readonly type: string;
}
