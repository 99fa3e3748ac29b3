import type { EntityModel } from "../define/entity-model.ts";
import { InvalidArgumentError } from "../errors/read-errors.ts";
import type { Ambient } from "./ambient.ts";

/**
 * The id of a new entity: the caller's, or one that is made here, as the definition says.
 *
 * @throws InvalidArgumentError
 */
export const newEntityId = (
  model: EntityModel,
  ambient: Ambient,
  call: string,
  given: unknown,
): string => {
  if (model.idSource === "generated") {
    if (given === undefined) return generatedId(model, ambient);
    throw invalidArgument(
      model,
      `${call}() was given an id, but this definition generates ids`,
      'Leave it out, or define the entity with idSource: "caller".',
    );
  }
  const id = model.parseId(given);
  if (id !== undefined) return id;
  throw invalidArgument(
    model,
    `${call}() needs an id that fits the definition's id schema`,
    "Pass a UUID as { id }.",
  );
};

const generatedId = (model: EntityModel, ambient: Ambient): string => {
  const made = ambient.newId();
  if (model.parseId(made) === made) return made;
  throw invalidArgument(
    model,
    "newId made an id that does not fit the definition's id schema, or is spelled with capitals",
    "Give the repository a newId that fits, or the definition an id schema that takes UUIDv7.",
  );
};

const invalidArgument = (model: EntityModel, problem: string, hint: string): InvalidArgumentError =>
  new InvalidArgumentError(model.plan.name, problem, hint);
