import type { AnyEntity } from "../define/entity-definition.ts";
import type { EntityModel } from "../define/entity-model.ts";
import type { UniquePlan } from "../define/entity-plan.ts";
import type { UntypedReadOptions } from "./call-options.ts";
import type { ListOptions, Page } from "./list-type.ts";

/** The calls that the methods named after columns come down to. */
interface ColumnCalls<Tx> {
  find(
    unique: UniquePlan,
    values: readonly unknown[],
    options?: UntypedReadOptions<Tx>,
  ): Promise<object>;
  maybeFind(
    unique: UniquePlan,
    values: readonly unknown[],
    options?: UntypedReadOptions<Tx>,
  ): Promise<object | undefined>;
  list(options: ListOptions<AnyEntity> & UntypedReadOptions<Tx>): Promise<Page<object>>;
}

type ColumnCall = (...args: never[]) => Promise<unknown>;

/** The methods of a repository whose names come from its definition's columns. */
export const columnMethods = <Tx>(
  model: EntityModel,
  calls: ColumnCalls<Tx>,
): Record<string, ColumnCall> => ({ ...finders(model, calls), ...lists(model, calls) });

/** `findByEmail`, `maybeFindByEmail`, `findByTenantIdAndSlug`, … for every unique constraint. */
const finders = <Tx>(model: EntityModel, calls: ColumnCalls<Tx>): Record<string, ColumnCall> => {
  const methods: Record<string, ColumnCall> = {};
  for (const unique of model.plan.uniques) {
    const name = finderName(unique);
    const valuesOf = (given: unknown): readonly unknown[] =>
      unique.lookup.length === 1
        ? [given]
        : unique.lookup.map((property) => (given as Record<string, unknown>)?.[property]);
    methods[`findBy${name}`] = (given: unknown, options?: UntypedReadOptions<Tx>) =>
      calls.find(unique, valuesOf(given), options);
    methods[`maybeFindBy${name}`] = (given: unknown, options?: UntypedReadOptions<Tx>) =>
      calls.maybeFind(unique, valuesOf(given), options);
  }
  return methods;
};

/** What the calls that find by a unique constraint are named after: `Email`, `TenantIdAndSlug`. */
export const finderName = ({ lookup }: UniquePlan): string => lookup.map(capitalize).join("And");

/** `listByStatus`, … for every column that no unique constraint of its own makes a finder for. */
const lists = <Tx>(model: EntityModel, calls: ColumnCalls<Tx>): Record<string, ColumnCall> =>
  Object.fromEntries(
    model.plan.columns
      .filter(({ unique }) => !unique)
      .map(({ property }) => [
        `listBy${capitalize(property)}`,
        (condition: unknown, options: ListOptions<AnyEntity> & UntypedReadOptions<Tx> = {}) =>
          calls.list({
            ...options,
            where: { and: [{ [property]: condition }, options.where ?? {}] },
          }),
      ]),
  );

const capitalize = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
