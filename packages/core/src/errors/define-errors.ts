import { AnnalsError } from "./annals-error.ts";

/** A definition cannot work. Thrown once, where the definition is made or first registered. */
export class InvalidDefinitionError extends AnnalsError {
  readonly code = "ANNALS_INVALID_DEFINITION";
  /** The name of the entity, or of the consumer, that is defined wrongly. */
  readonly definition: string;

  constructor(definition: string, problem: string, hint: string, options?: ErrorOptions) {
    super({ message: `Definition "${definition}": ${problem}`, hint }, options);
    this.definition = definition;
  }
}
