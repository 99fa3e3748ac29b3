import { CliError } from "../cli-error.ts";
import type { AnnalsConfig } from "./define-config.ts";

/**
 * What a configuration file exports as its default, when it is a configuration.
 *
 * @throws CliError that says what about it is none.
 */
export const checkedConfig = (file: string, config: unknown): AnnalsConfig => {
  const fail = (problem: string): never => {
    throw new CliError(`${file} ${problem}`, "export default defineConfig({ entities: [User] });");
  };
  if (config === undefined) return fail("has no default export");
  if (typeof config !== "object" || config === null) return fail("exports no configuration");
  const { entities, topics = [], projections } = config as Readonly<Record<string, unknown>>;
  if (!Array.isArray(entities)) return fail('has no list of entities as "entities"');
  if (!Array.isArray(topics)) return fail('has something else than a list as "topics"');
  if (projections !== undefined && typeof projections !== "function") {
    return fail('has something else than a function as "projections"');
  }
  const names = new Set<string>();
  for (const [list, kind, all] of [
    ["entities", "entity", entities],
    ["topics", "topic", topics],
  ] as const) {
    for (const [at, one] of all.entries()) {
      const found = kindOf(one);
      if (found === undefined) return fail(`has no definition as ${list}[${at}]`);
      const { name } = one as { readonly name: string };
      if (found !== kind) {
        return fail(
          `has "${name}" among its ${list}, which is ${found === "topic" ? "a topic" : "an entity"}`,
        );
      }
      if (names.has(name)) return fail(`names "${name}" twice`);
      names.add(name);
    }
  }
  return config as AnnalsConfig;
};

const kindOf = (value: unknown): "entity" | "topic" | undefined => {
  if (typeof value !== "object" || value === null || !("plan" in value)) return undefined;
  const { kind } = value.plan as { readonly kind?: unknown };
  return kind === "entity" || kind === "topic" ? kind : undefined;
};
