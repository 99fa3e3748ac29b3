import type { ColumnModel } from "../define/column-model.ts";
import type { EntityModel } from "../define/entity-model.ts";
import { isPlain, type JsonValue, NotJsonError } from "../define/json-value.ts";
import { DELETED_AT, deletedAtToStored } from "../define/lifecycle.ts";
import { AnnalsError } from "../errors/annals-error.ts";
import { InvalidArgumentError } from "../errors/read-errors.ts";
import type { Comparison, Predicate } from "../port/rows.ts";

/** What a condition needs of a column. */
type AskedColumn = Pick<ColumnModel, "plan" | "toStored">;

const deletedAt: AskedColumn = { plan: DELETED_AT, toStored: deletedAtToStored };

type Given = Readonly<Record<string, unknown>>;

/** A user's `where` as a condition over stored values. */
export const predicateOf = (model: EntityModel, where: Given): Predicate => {
  const parts: Predicate[] = [];
  for (const [name, given] of Object.entries(where)) {
    if (given === undefined) continue;
    if (name === "and" || name === "or") parts.push(joined(model, name, given));
    else if (name === "not") parts.push({ kind: "not", of: predicateOf(model, given as Given) });
    else parts.push(columnPredicate(model, columnNamed(model, name), given));
  }
  return all(parts);
};

/** Whether a condition asks anything of a column. */
export const mentions = (predicate: Predicate, column: string): boolean => {
  switch (predicate.kind) {
    case "all":
    case "any":
      return predicate.of.some((one) => mentions(one, column));
    case "not":
      return mentions(predicate.of, column);
    default:
      return predicate.column === column;
  }
};

const all = (parts: readonly Predicate[]): Predicate =>
  parts.length === 1 ? (parts[0] as Predicate) : { kind: "all", of: parts };

const joined = (model: EntityModel, name: "and" | "or", given: unknown): Predicate => {
  if (!Array.isArray(given))
    throw invalid(model, `"${name}" is not a list`, "Pass a list of conditions.");
  const of = given.map((one) => predicateOf(model, one as Given));
  return { kind: name === "and" ? "all" : "any", of };
};

const columnNamed = (model: EntityModel, name: string): AskedColumn => {
  const columns =
    model.plan.lifecycle === undefined ? model.columns : [...model.columns, deletedAt];
  const column = columns.find(({ plan }) => plan.property === name);
  if (column !== undefined) return column;
  const names = columns.map(({ plan }) => plan.property).join(", ");
  throw invalid(model, `"${name}" is no index column`, `Use ${names}.`);
};

/** A value stands for equality; a plain object holds operators. */
const columnPredicate = (model: EntityModel, column: AskedColumn, given: unknown): Predicate => {
  if (!isOperators(given)) return equality(model, column, given);
  const operators = Object.entries(given).filter(([, operand]) => operand !== undefined);
  if (operators.length === 0) {
    throw invalid(model, `"${column.plan.property}" has no operator`, `Use ${NAMES.join(", ")}.`);
  }
  return all(operators.map(([name, operand]) => operatorPredicate(model, column, name, operand)));
};

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  gt: ">",
  gte: ">=",
  lt: "<",
  lte: "<=",
};

const PATTERNS: Readonly<Record<string, (text: string) => string>> = {
  startsWith: (text) => `${literally(text)}%`,
  endsWith: (text) => `%${literally(text)}`,
  contains: (text) => `%${literally(text)}%`,
  like: (pattern) => pattern,
  ilike: (pattern) => pattern,
};

const NAMES = ["eq", "in", ...Object.keys(COMPARISONS), "not", ...Object.keys(PATTERNS)];

const operatorPredicate = (
  model: EntityModel,
  column: AskedColumn,
  name: string,
  operand: unknown,
): Predicate => {
  if (column.plan.isHash && (COMPARISONS[name] ?? PATTERNS[name]) !== undefined) {
    throw invalid(
      model,
      `"${column.plan.property}" is personal, and stored as hashes, which ${name} tells nothing of`,
      "Ask for equality.",
    );
  }
  const operator = COMPARISONS[name];
  if (operator !== undefined) return comparison(model, column, operator, operand);
  if (PATTERNS[name] !== undefined) return pattern(model, column, name, operand);
  switch (name) {
    case "eq":
      return equality(model, column, operand);
    case "in":
      return oneOf(model, column, operand);
    case "not":
      return { kind: "not", of: columnPredicate(model, column, operand) };
    default:
      throw invalid(model, `"${name}" is no operator`, `Use ${NAMES.join(", ")}.`);
  }
};

const equality = (model: EntityModel, column: AskedColumn, given: unknown): Predicate =>
  given === null
    ? { kind: "absent", column: column.plan.property }
    : comparison(model, column, "=", given);

const comparison = (
  model: EntityModel,
  column: AskedColumn,
  operator: Comparison,
  given: unknown,
): Predicate => ({
  kind: "compare",
  column: column.plan.property,
  operator,
  value: storedValue(model, column, given),
});

const oneOf = (model: EntityModel, column: AskedColumn, given: unknown): Predicate => {
  const { property } = column.plan;
  if (!Array.isArray(given))
    throw invalid(model, `in of "${property}" is not a list`, "Pass a list.");
  const values = given.map((value) => storedValue(model, column, value));
  return { kind: "oneOf", column: property, values };
};

const pattern = (
  model: EntityModel,
  { plan }: AskedColumn,
  name: string,
  given: unknown,
): Predicate => {
  if (typeof given !== "string")
    throw invalid(model, `${name} of "${plan.property}" is not a text`, "Pass a text.");
  if (plan.type.kind !== "text" && plan.type.kind !== "enum" && plan.type.kind !== "declared") {
    throw invalid(
      model,
      `"${plan.property}" is no text, which ${name} needs`,
      "Compare its value.",
    );
  }
  const make = PATTERNS[name] as (text: string) => string;
  const made = make(given);
  if (/(^|[^\\])(\\\\)*\\$/.test(made)) {
    throw invalid(
      model,
      `${name} of "${plan.property}" ends with its escape`,
      "Write the backslash twice.",
    );
  }
  return { kind: "like", column: plan.property, pattern: made, ignoreCase: name === "ilike" };
};

const literally = (text: string): string => text.replace(/[\\%_]/g, "\\$&");

const isOperators = (given: unknown): given is Given =>
  typeof given === "object" && given !== null && isPlain(given);

const storedValue = (model: EntityModel, column: AskedColumn, value: unknown): JsonValue => {
  const { property } = column.plan;
  if (value === null || value === undefined) {
    throw invalid(
      model,
      `"${property}" is compared with nothing`,
      "Use null itself to ask for none.",
    );
  }
  try {
    return column.toStored(value);
  } catch (error) {
    if (!(error instanceof NotJsonError)) throw normalizeError(model, property, error);
    throw invalid(model, `"${property}" ${error.message}`, "No entity can have such a value.");
  }
};

/** For what `normalize`, or a codec of the schema, threw at a value to look for. */
export const normalizeError = (
  model: EntityModel,
  property: string,
  cause: unknown,
): AnnalsError =>
  cause instanceof AnnalsError
    ? cause
    : new InvalidArgumentError(
        model.plan.name,
        `the value for "${property}" could not be normalized`,
        "Pass a value of the column's type; see the cause.",
        { cause },
      );

const invalid = (model: EntityModel, problem: string, hint: string): InvalidArgumentError =>
  new InvalidArgumentError(model.plan.name, problem, hint);
