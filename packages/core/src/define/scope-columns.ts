import { InvalidDefinitionError } from "../errors/define-errors.ts";
import type { ColumnType } from "./column-type.ts";
import type { ColumnPlan } from "./entity-plan.ts";
import type { FieldColumn } from "./index-options.ts";

interface ScopeSource {
  readonly name: string;
  readonly index: Readonly<Record<string, FieldColumn<unknown>>>;
  readonly scope?: readonly string[] | undefined;
}

/** The declared fields with those of the scope first, which need no entry of their own and never change. */
export const withScope = ({
  index,
  scope = [],
}: ScopeSource): Readonly<Record<string, FieldColumn<unknown>>> => ({
  ...Object.fromEntries(scope.map((property) => [property, {}])),
  ...index,
  ...Object.fromEntries(
    scope.map((property) => [property, { ...index[property], immutable: true }]),
  ),
});

/** What an events table has of its own. */
const EVENT_COLUMNS: readonly string[] = [
  ...["sequence", "event_type", "event", "context"],
  ...["recorded_at", "position", "event_version"],
];

const KINDS: ReadonlySet<ColumnType["kind"]> = new Set([
  "text",
  "enum",
  "integer",
  "bigint",
  "uuid",
  "declared",
]);

/** Checks the columns of a scope once they are made. */
export const checkScope = (
  { name, index, scope = [] }: ScopeSource,
  columns: readonly { readonly plan: ColumnPlan }[],
): void => {
  const invalid = (problem: string, hint: string): never => {
    throw new InvalidDefinitionError(name, problem, hint);
  };
  if (new Set(scope).size < scope.length) {
    invalid("its scope names a column twice", "Name each once.");
  }
  for (const { plan } of columns.slice(0, scope.length)) {
    const { property, column, nullable, type } = plan;
    if (nullable) {
      invalid(
        `"${property}" may have no value, but is a column of the scope`,
        "Every entity belongs to a scope: make the field required.",
      );
    }
    if (!KINDS.has(type.kind)) {
      invalid(
        `"${property}" cannot tell scopes apart by a value of type ${type.kind}`,
        "Use a text, an enum, a UUID or a whole number.",
      );
    }
    if (EVENT_COLUMNS.includes(column)) {
      invalid(
        `the events table has a column "${column}" of its own`,
        "Give the field of the scope another name.",
      );
    }
    const { unique, normalize } = index[property] ?? {};
    if (unique || normalize !== undefined) {
      invalid(
        `"${property}" is a column of the scope, which can be neither unique nor normalized`,
        "Leave that option out: many entities share a scope, under one spelling.",
      );
    }
  }
};

/** Whether the database is to keep scopes apart as well, of which there have to be some. */
export const checkedSecurity = ({
  name,
  scope = [],
  rowLevelSecurity = false,
}: {
  readonly name: string;
  readonly scope?: readonly string[] | undefined;
  readonly rowLevelSecurity?: boolean | undefined;
}): boolean => {
  if (!rowLevelSecurity || scope.length > 0) return rowLevelSecurity;
  throw new InvalidDefinitionError(
    name,
    "rowLevelSecurity is given without a scope",
    'Say by which fields the rows are kept apart, for example scope: ["tenantId"].',
  );
};

/** Unique values are those of a scope without saying so. */
export const checkOutsideScope = (
  { name, scope = [] }: ScopeSource,
  properties: readonly string[],
): void => {
  const named = properties.find((property) => scope.includes(property));
  if (named === undefined) return;
  throw new InvalidDefinitionError(
    name,
    `uniqueTogether names "${named}", which is a column of the scope`,
    "Leave it out: unique values are those of a scope anyway.",
  );
};
