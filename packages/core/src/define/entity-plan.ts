import type { ColumnType } from "./column-type.ts";
import type { LifecyclePlan } from "./lifecycle.ts";
import type { SnapshotPlan } from "./snapshot.ts";
import type { TopicPlan } from "./topic-plan.ts";

/** One declared column of an index table. */
export interface ColumnPlan {
  /** Its name in the definition, for example `tenantId`. */
  readonly property: string;
  /** Its name in the database, for example `tenant_id`. */
  readonly column: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
  readonly unique: boolean;
  /** Whether lists may be ordered by it. */
  readonly sortable: boolean;
  /** Whether it keeps the value it was created with. */
  readonly immutable: boolean;
  /** A collation to use in place of `"C"`; for text only. */
  readonly collation: string | undefined;
  /** The table, and optionally the column, that its value must exist in. */
  readonly references: { readonly table: string; readonly column: string } | undefined;
  readonly onDelete: "no action" | "restrict";
  /** A condition in SQL that the value must fulfil. */
  readonly check: string | undefined;
  /** Whether it has keyed hashes of personal values, which are good for equality and nothing else. */
  readonly isHash?: true;
}

/** Whose child an entity is. */
export interface ParentPlan {
  /** The parent's name. */
  readonly entity: string;
  /** The index column that holds its id, as the definition names it: `orderId`. */
  readonly property: string;
  /** The same as the database names it: `order_id`. */
  readonly column: string;
  /** The parent's index table. */
  readonly table: string;
}

/** One kind of children, as a store sees it. */
export interface ChildPlan {
  /** Its name in the definition, for example `lines`. */
  readonly name: string;
  readonly plan: EntityPlan;
}

/** A unique constraint over one index column or several. */
export interface UniquePlan {
  /** The constraint's name in the database, for example `users_email_key`. */
  readonly constraint: string;
  /** Names in the definition, in the constraint's order: those of the scope first. */
  readonly properties: readonly string[];
  /** The same without those of the scope: what a finder is given. */
  readonly lookup: readonly string[];
  /** Names in the database, in the constraint's order. */
  readonly columns: readonly string[];
}

/**
 * All that a store needs to know of an entity: names and columns, no types and no functions.
 * It crosses the port in place of the definition.
 */
export interface EntityPlan extends TopicPlan {
  readonly kind: "entity";
  /** The entity's name; also the name of its topic. */
  readonly name: string;
  readonly indexTable: string;
  /** The columns of its scope come first. */
  readonly columns: readonly ColumnPlan[];
  /**
   * The columns, by their names in the definition, whose values divide the entities into scopes, such as
   * tenants, that see nothing of each other. They stand in both tables. Empty where there is one scope.
   */
  readonly scope: readonly string[];
  /** Whether policies of the database keep scopes apart as well. */
  readonly rowLevelSecurity: boolean;
  /** Single columns first, then the composites, each in the order of the definition. */
  readonly uniques: readonly UniquePlan[];
  /** Which events delete and restore; `undefined` where entities are never deleted. */
  readonly lifecycle: LifecyclePlan | undefined;
  /** Whose child it is; `undefined` for an entity of its own. */
  readonly parent: ParentPlan | undefined;
  /** What belongs to it, in the order of the definition. */
  readonly children: readonly ChildPlan[];
  /** Whether its index row counts the writes of its tree in `revision`: it has children, and no parent. */
  readonly hasRevision: boolean;
  /** How states are kept beside the events; `undefined` where every read folds all events. */
  readonly snapshot: SnapshotPlan | undefined;
  /**
   * `full` asserts contiguous sequences and the index row's version in the database; `chained` has every
   * event refer to the one before it as well.
   */
  readonly guards: "minimal" | "full" | "chained";
  /** The role that may read and add events alone; `undefined` for none. */
  readonly writerRole: string | undefined;
  /** Whether its events have personal values, which are kept with the help of tables of our own. */
  readonly hasPersonal: boolean;
}

/** Whether a topic is an entity's. */
export const isEntityPlan = (plan: TopicPlan): plan is EntityPlan => plan.kind === "entity";
