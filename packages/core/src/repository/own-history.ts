import { historyOf } from "../decide/entity-base.ts";
import type { History } from "../decide/history.ts";
import type { EntityModel } from "../define/entity-model.ts";
import { InvalidArgumentError } from "../errors/read-errors.ts";

/**
 * The history inside an entity that a repository's call was given.
 *
 * @throws InvalidArgumentError for what is no entity of this definition.
 */
export const ownHistory = (model: EntityModel, entity: object, call: string): History => {
  const history = historyOf(entity);
  if (history?.model === model) return history;
  throw new InvalidArgumentError(
    model.plan.name,
    `${call}() was given something that is no entity of this definition`,
    "Pass what create() or a finder of this definition's repository returned.",
  );
};
