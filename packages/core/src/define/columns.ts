import { type $ZodObject, type $ZodType, safeEncode } from "zod/v4/core";
import { InvalidDefinitionError } from "../errors/define-errors.ts";
import type { ColumnModel } from "./column-model.ts";
import { columnPlan } from "./column-plan.ts";
import { type ColumnType, columnSpelling, columnTypeOf } from "./column-type.ts";
import type { ColumnPlan, UniquePlan } from "./entity-plan.ts";
import type { ComputedColumn, FieldColumn } from "./index-options.ts";
import { type JsonValue, NotJsonError, toJson } from "./json-value.ts";
import { checkIdentifier } from "./names.ts";
import { isPersonalField, personalColumn } from "./personal-column.ts";
import { inspectSchema, isNullable } from "./schema-shape.ts";
import { checkOutsideScope, checkScope, withScope } from "./scope-columns.ts";

interface ColumnSource {
  readonly name: string;
  readonly schema: $ZodObject;
  readonly index: Readonly<Record<string, FieldColumn<unknown>>>;
  readonly computed?: Readonly<Record<string, ComputedColumn<unknown>>> | undefined;
  readonly uniqueTogether?: readonly (readonly string[])[] | undefined;
  readonly scope?: readonly string[] | undefined;
}

const FIELD_OPTIONS: readonly string[] = [
  ...["unique", "normalize", "type", "collation", "references"],
  ...["onDelete", "check", "immutable", "sort"],
];
const COMPUTED_OPTIONS: readonly string[] = [
  "from",
  ...FIELD_OPTIONS.filter((option) => option !== "normalize"),
];

/** @param parent the column of a child that holds its parent's id. */
export const columnModels = (
  source: ColumnSource,
  parent?: ColumnModel,
): readonly ColumnModel[] => {
  const shape = source.schema._zod.def.shape as Readonly<Record<string, $ZodType>>;
  const fields = Object.entries(withScope(source)).map(([property, options]) => {
    const field = Object.hasOwn(shape, property) ? shape[property] : undefined;
    if (field === undefined) {
      throw new InvalidDefinitionError(
        source.name,
        `index column "${property}" is not a field of the schema`,
        `Name one of ${Object.keys(shape).join(", ")}, or declare it under computed.`,
      );
    }
    checkOptions(source.name, property, options, FIELD_OPTIONS);
    return isPersonalField(source.name, property, field)
      ? personalColumn(source.name, property, field, options)
      : fieldColumn(source.name, property, field, options);
  });
  const computed = Object.entries(source.computed ?? {}).map(([property, options]) => {
    checkOptions(source.name, property, options, COMPUTED_OPTIONS);
    return computedColumn(source.name, property, options);
  });
  const { length } = source.scope ?? [];
  const columns = [
    ...fields.slice(0, length),
    ...(parent === undefined ? [] : [parent]),
    ...fields.slice(length),
    ...computed,
  ];
  checkNoDuplicates(source.name, columns);
  checkScope(source, columns);
  return columns;
};

const fieldColumn = (
  definition: string,
  property: string,
  field: $ZodType,
  options: FieldColumn<unknown>,
): ColumnModel => {
  const type = declaredType(options) ?? columnTypeOf(field);
  if (type === undefined) {
    throw new InvalidDefinitionError(
      definition,
      `there is no fixed column type for "${property}"`,
      'Say it, for example { type: "jsonb" }.',
    );
  }
  const plan = columnPlan(definition, property, type, isNullable(field), options);
  const { hasCodec } = inspectSchema(field);
  const encode = (value: unknown): JsonValue => {
    const encoded = hasCodec ? safeEncode(field, value as never) : undefined;
    return toJson(encoded?.success ? encoded.data : value);
  };
  const { normalize } = options;
  const toStored = (value: unknown): JsonValue =>
    value === null || value === undefined
      ? null
      : columnSpelling(type, encode(normalize ? normalize(value) : value));
  const readOldValue = (state: object) => toStored((state as Record<string, unknown>)[property]);
  return {
    plan,
    toStored,
    readOldValue,
    readValue: normalize
      ? readOldValue
      : (_, stored) => columnSpelling(type, stored[property] ?? null),
  };
};

const computedColumn = (
  definition: string,
  property: string,
  options: ComputedColumn<unknown>,
): ColumnModel => {
  if (typeof options.from !== "function" || typeof options.type !== "string") {
    throw new InvalidDefinitionError(
      definition,
      `computed column "${property}" lacks "from" or "type"`,
      'Give both, for example { from: (state) => state.email.length, type: "integer" }.',
    );
  }
  const type = declaredType(options) as ColumnType;
  const readValue = (state: object) => scalarToStored(options.from(state));
  return {
    plan: columnPlan(definition, property, type, true, options),
    toStored: scalarToStored,
    readOldValue: readValue,
    readValue,
  };
};

/** Dates and bigints have one stored form everywhere: ISO 8601 and decimal digits. */
const scalarToStored = (value: unknown): JsonValue => {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw new NotJsonError([], "is an invalid date");
    return value.toISOString();
  }
  if (typeof value === "bigint") return value.toString();
  return toJson(value);
};

const declaredType = (options: { readonly type?: string }): ColumnType | undefined =>
  options.type === undefined ? undefined : { kind: "declared", name: options.type };

const checkOptions = (
  definition: string,
  property: string,
  options: object,
  allowed: readonly string[],
): void => {
  const unknown = Object.keys(options).find((option) => !allowed.includes(option));
  if (unknown === undefined) return;
  throw new InvalidDefinitionError(
    definition,
    `column "${property}" has an unknown option "${unknown}"`,
    `The options are ${allowed.join(", ")}.`,
  );
};

const checkNoDuplicates = (definition: string, columns: readonly ColumnModel[]): void => {
  const properties = new Map<string, string>();
  for (const { plan } of columns) {
    const other = properties.get(plan.column);
    if (other !== undefined) {
      throw new InvalidDefinitionError(
        definition,
        `"${other}" and "${plan.property}" both become the column "${plan.column}"`,
        "Rename one of them, or declare it once.",
      );
    }
    properties.set(plan.column, plan.property);
  }
};

/** The unique constraints: one for each unique column, then the composites. */
export const uniquePlans = (
  source: ColumnSource,
  table: string,
  columns: readonly ColumnPlan[],
): readonly UniquePlan[] => {
  const byProperty = new Map(columns.map((column) => [column.property, column]));
  const singles = columns.filter(({ unique }) => unique).map(({ property }) => [property]);
  const composites = source.uniqueTogether ?? [];
  const tooShort = composites.find((properties) => new Set(properties).size < 2);
  if (tooShort !== undefined) {
    throw new InvalidDefinitionError(
      source.name,
      `uniqueTogether [${tooShort.join(", ")}] names fewer than two columns`,
      "Name at least two different columns, or use { unique: true } on the one.",
    );
  }
  const { scope = [] } = source;
  const plans = [...singles, ...composites].map((lookup) => {
    checkOutsideScope(source, lookup);
    const properties = [...scope, ...lookup];
    const names = properties.map((property) => {
      const column = byProperty.get(property);
      if (column !== undefined) return column.column;
      throw new InvalidDefinitionError(
        source.name,
        `uniqueTogether names "${property}", which is no index column`,
        "Declare it under index or computed.",
      );
    });
    return {
      constraint: checkIdentifier(
        source.name,
        [table, ...names.slice(scope.length), "key"].join("_"),
      ),
      properties,
      lookup,
      columns: names,
    };
  });
  checkDistinct(source.name, plans);
  return plans;
};

/** Two constraints of one name, or two finders of one, cannot both exist. */
const checkDistinct = (definition: string, plans: readonly UniquePlan[]): void => {
  const taken = new Set<string>();
  for (const { constraint, lookup } of plans) {
    for (const name of [constraint, `findBy ${lookup.join("And").toLowerCase()}`]) {
      if (taken.has(name)) {
        throw new InvalidDefinitionError(
          definition,
          `two unique constraints are both named after ${lookup.join(" and ")}`,
          "Declare each once, and rename columns whose names run together.",
        );
      }
      taken.add(name);
    }
  }
};
