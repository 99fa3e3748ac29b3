import { InvalidDefinitionError } from "../errors/define-errors.ts";
import type { ChildDeclaration, ParentDeclaration } from "./children.ts";
import type { ColumnModel } from "./column-model.ts";
import { columnSpelling } from "./column-type.ts";
import { type AnyEntity, model } from "./entity-definition.ts";
import type { EntityModel } from "./entity-model.ts";
import type { ColumnPlan, ParentPlan } from "./entity-plan.ts";
import type { JsonValue } from "./json-value.ts";
import { checkIdentifier, snakeCase } from "./names.ts";

/** One kind of children of an entity. */
export interface ChildModel {
  /** Its name in the definition, for example `lines`. */
  readonly name: string;
  readonly definition: AnyEntity;
  readonly model: EntityModel;
  /** Whether a change of them counts as a change of the whole tree. */
  readonly guarded: boolean;
}

interface Family {
  readonly name: string;
  readonly parent?: ParentDeclaration | undefined;
  readonly children?: Readonly<Record<string, ChildDeclaration>> | undefined;
  readonly commands: object;
  readonly historyCommands?: object | undefined;
  readonly scope?: readonly string[] | undefined;
  readonly rowLevelSecurity?: boolean | undefined;
}

/** Whose child a definition is. */
export const parentPlan = ({ name, parent }: Family): ParentPlan | undefined => {
  if (parent === undefined) return undefined;
  const declared = typeof parent === "string" ? { name: parent, table: undefined } : parent;
  if (!/^[a-z][A-Za-z0-9]*$/.test(String(declared?.name)) || declared.name === name) {
    throw new InvalidDefinitionError(
      name,
      "its parent is not the name of another entity",
      'Write the name that the parent has, for example { parent: "order" }.',
    );
  }
  return Object.freeze({
    entity: declared.name,
    property: `${declared.name}Id`,
    column: checkIdentifier(name, `${snakeCase(declared.name)}_id`),
    table: checkIdentifier(name, declared.table ?? `${snakeCase(declared.name)}s`),
  });
};

/** The index column that holds the parent's id; the creating event says it as well. */
export const parentColumn = ({ property, column, table }: ParentPlan): ColumnModel => {
  const plan: ColumnPlan = {
    property,
    column,
    type: { kind: "uuid" },
    nullable: false,
    unique: false,
    sortable: true,
    immutable: true,
    collation: undefined,
    references: { table, column: "id" },
    onDelete: "no action",
    check: undefined,
  };
  return {
    plan,
    readValue: (_state, _stored, parentId) => parentId ?? null,
    readOldValue: (_state, parentId) => parentId ?? null,
    toStored: (value) => columnSpelling(plan.type, value as JsonValue),
  };
};

/** Names that views and entities own. */
const KINDS_TAKEN: readonly string[] = [
  ...["id", "state", "version", "history", "pending", "attempt", "isDeleted"],
  ...["now", "newId", "then", "toJSON", "constructor"],
];

/** The kinds of children that a definition declares, each checked to be a child of it. */
export const childModels = (family: Family, table: string): readonly ChildModel[] => {
  const models = Object.entries(family.children ?? {}).map(([kind, declaration]): ChildModel => {
    const { entity, guarded = true } =
      declaration !== null && typeof declaration === "object" && "entity" in declaration
        ? declaration
        : { entity: declaration };
    const definition = entity as Partial<AnyEntity> | undefined;
    const child = definition?.[model];
    if (child === undefined) {
      throw new InvalidDefinitionError(
        family.name,
        `its children "${kind}" are no entity`,
        "Pass what defineEntity() returned, or { entity, guarded } with it.",
      );
    }
    checkKind(family, kind);
    checkSameScope(family, child);
    checkParent(family.name, table, child);
    return Object.freeze({
      name: kind,
      definition: definition as AnyEntity,
      model: child,
      guarded,
    });
  });
  const twice = models.find(({ model: one }, at) => models.findIndex((o) => o.model === one) < at);
  if (twice !== undefined) {
    throw new InvalidDefinitionError(
      family.name,
      `its children "${twice.name}" are declared under another name as well`,
      "Declare each entity once; a field of its state can tell its uses apart.",
    );
  }
  return Object.freeze(models);
};

const checkKind = ({ name, commands, historyCommands = {} }: Family, kind: string): void => {
  const isTaken = KINDS_TAKEN.includes(kind) || kind in commands || kind in historyCommands;
  if (/^[a-z][A-Za-z0-9]*$/.test(kind) && !isTaken) return;
  throw new InvalidDefinitionError(
    name,
    `its children cannot be called "${kind}"`,
    "Use a plain word in the plural that neither a command nor the entity itself has.",
  );
};

/** A tree is in one scope as a whole. */
const checkSameScope = (
  { name, scope = [], rowLevelSecurity = false }: Family,
  { plan }: EntityModel,
): void => {
  if (plan.scope.join() === scope.join()) {
    if (plan.rowLevelSecurity === rowLevelSecurity) return;
    throw new InvalidDefinitionError(
      name,
      `its child "${plan.name}" and itself differ in rowLevelSecurity`,
      "Declare it for a parent and all of its children, or for none.",
    );
  }
  const say = (columns: readonly string[]): string => columns.join(", ") || "none";
  throw new InvalidDefinitionError(
    name,
    `its child "${plan.name}" has another scope: ${say(plan.scope)}, where it has ${say(scope)}`,
    "Declare the same scope for a parent and its children.",
  );
};

const checkParent = (name: string, table: string, { plan }: EntityModel): void => {
  if (plan.parent?.entity === name && plan.parent.table === table) return;
  const declares =
    plan.parent === undefined
      ? "no parent"
      : `the parent "${plan.parent.entity}" in the table "${plan.parent.table}"`;
  throw new InvalidDefinitionError(
    name,
    `its child "${plan.name}" declares ${declares}`,
    `Declare { parent: "${name}" } there, or { parent: { name: "${name}", table: "${table}" } }.`,
  );
};
