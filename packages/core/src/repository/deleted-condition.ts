import type { EntityModel } from "../define/entity-model.ts";
import { DELETED_AT } from "../define/lifecycle.ts";
import { InvalidArgumentError } from "../errors/read-errors.ts";
import type { Predicate } from "../port/rows.ts";
import { mentions } from "./where.ts";

/**
 * No row that is seen by default has a time of deletion, so who asks for one forgot to say so.
 *
 * @throws InvalidArgumentError
 */
export const checkDeletedAt = (
  { plan }: EntityModel,
  where: Predicate,
  includeDeleted: boolean | undefined,
  orderBy?: string,
): void => {
  if (includeDeleted === true || plan.lifecycle === undefined) return;
  const { property } = DELETED_AT;
  if (orderBy !== property && !mentions(where, property)) return;
  throw new InvalidArgumentError(
    plan.name,
    `"${property}" was asked for without deleted entities`,
    "Pass { includeDeleted: true }, and { deletedAt: { not: null } } for deleted ones alone.",
  );
};
