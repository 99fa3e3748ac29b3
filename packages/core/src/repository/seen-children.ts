import type { ChildModel } from "../define/child-plans.ts";
import type { EntityModel } from "../define/entity-model.ts";
import { InvalidArgumentError } from "../errors/read-errors.ts";
import type { Predicate } from "../port/rows.ts";
import type { Visibility } from "../port/store.ts";
import { checkDeletedAt } from "./deleted-condition.ts";
import { predicateOf } from "./where.ts";

/** What a read is asked to see, as callers say it. */
export interface UntypedVisibility {
  readonly includeDeleted?: boolean | undefined;
  readonly children?:
    | false
    | readonly string[]
    | { readonly [kind: string]: boolean | { readonly where?: object | undefined } | undefined }
    | undefined;
  readonly history?: boolean | undefined;
}

/**
 * What a store is asked to see.
 *
 * @throws InvalidArgumentError for children that the definition does not have, and for conditions over
 * columns that they do not have.
 */
export const visibilityOf = (
  model: EntityModel,
  options: UntypedVisibility | undefined,
): Visibility => {
  if (options === undefined) return EVERYTHING;
  const { includeDeleted, children, history } = options;
  if (children === undefined) return { includeDeleted, history };
  if (children === false) return { includeDeleted, history, kinds: [] };
  const names = model.children.map(({ name }) => name);
  if (Array.isArray(children)) {
    checkKinds(model, names, children);
    return { includeDeleted, history, kinds: names.filter((name) => children.includes(name)) };
  }
  const asked = children as Exclude<typeof children, readonly string[]>;
  checkKinds(model, names, Object.keys(asked));
  const kinds = names.filter((name) => asked[name] !== false);
  const conditions = model.children.flatMap((kind): [string, Predicate][] => {
    const one = asked[kind.name];
    return typeof one === "object" && one.where !== undefined
      ? [[kind.name, conditionOf(kind, one.where, includeDeleted)]]
      : [];
  });
  if (conditions.length === 0) return { includeDeleted, history, kinds };
  return { includeDeleted, history, kinds, childrenWhere: Object.fromEntries(conditions) };
};

/** What is seen where nothing is asked for. */
const EVERYTHING: Visibility = Object.freeze({});

const conditionOf = (
  { model }: ChildModel,
  where: object,
  includeDeleted: boolean | undefined,
): Predicate => {
  const predicate = predicateOf(model, where as Readonly<Record<string, unknown>>);
  checkDeletedAt(model, predicate, includeDeleted);
  return predicate;
};

const checkKinds = (
  { plan }: EntityModel,
  names: readonly string[],
  given: readonly string[],
): void => {
  const unknown = given.find((kind) => !names.includes(kind));
  if (unknown === undefined) return;
  throw new InvalidArgumentError(
    plan.name,
    `it has no children "${unknown}"`,
    names.length === 0 ? "Leave the option out." : `It has ${names.join(", ")}.`,
  );
};
