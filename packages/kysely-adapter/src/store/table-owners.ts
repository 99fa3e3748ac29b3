import { InvalidDefinitionError } from "@annals/core";
import type { TopicPlan } from "@annals/core/adapter";

/** One definition for a set of tables: two would disagree about what the rows mean. */
export class TableOwners {
  readonly #owners = new Map<string, TopicPlan>();

  claim(plan: TopicPlan, tables: readonly string[], schema: string): void {
    for (const table of tables) {
      const key = `${schema}.${table}`;
      const owner = this.#owners.get(key);
      if (owner !== undefined && owner !== plan) {
        throw new InvalidDefinitionError(
          plan.name,
          `another definition on this database uses the table "${table}"`,
          "Define each entity and topic once, under a name of its own, and share the definition.",
        );
      }
      this.#owners.set(key, plan);
    }
  }
}
