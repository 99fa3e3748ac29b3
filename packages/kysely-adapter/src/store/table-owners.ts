import { InvalidDefinitionError } from "@annals/core";
import type { EntityPlan } from "@annals/core/adapter";

/** One definition for a pair of tables: two would disagree about what the rows mean. */
export class TableOwners {
  readonly #owners = new Map<string, EntityPlan>();

  claim(plan: EntityPlan, schema: string): void {
    for (const table of [plan.indexTable, plan.eventsTable]) {
      const key = `${schema}.${table}`;
      const owner = this.#owners.get(key);
      if (owner !== undefined && owner !== plan) {
        throw new InvalidDefinitionError(
          plan.name,
          `another definition on this database uses the table "${table}"`,
          "Define each entity once and share the definition.",
        );
      }
      this.#owners.set(key, plan);
    }
  }
}
