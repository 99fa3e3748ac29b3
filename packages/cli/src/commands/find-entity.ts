import { type AnyEntity, type KeyProvider, Scope } from "@annals/core";
import { hiddenKeys } from "@annals/core/adapter";
import { createRepository } from "@annals/kysely-adapter";
import { CliError } from "../cli-error.ts";
import { anyContext } from "../config/keys.ts";
import type { AnyDatabase } from "../config/open-database.ts";

/** A repository whose generated names are not known when this is compiled, over all scopes. */
export const openRepository = (
  db: AnyDatabase,
  definition: AnyEntity,
  keys: KeyProvider = hiddenKeys,
) => {
  const repository = createRepository(definition, { db, keys, context: anyContext });
  if (definition.plan.scope.length === 0) return repository;
  return (repository as unknown as Scoped<typeof repository>).scoped(Scope.all);
};

interface Scoped<Bound> {
  scoped(scope: unknown): Bound;
}

/** Who operates a database sees what is deleted; without a lifecycle nothing is. */
export const deletedToo = { includeDeleted: true } as const;

/**
 * The id of an entity that is named by its id, or by unique columns as `--email ada@example.com`.
 *
 * @throws CliError when it is named by something else.
 */
export const idOf = async (
  db: AnyDatabase,
  definition: AnyEntity,
  words: readonly string[],
  keys?: KeyProvider,
): Promise<string> => {
  const [first] = words;
  if (first !== undefined && !first.startsWith("--") && words.length === 1) return first;
  const values = valuesOf(words);
  const unique = definition.plan.uniques.find(
    ({ properties }) =>
      properties.length === values.size && properties.every((property) => values.has(property)),
  );
  if (unique === undefined) throw notNamed(definition);
  const finder = `findBy${unique.lookup.map(capitalized).join("And")}`;
  const given = unique.lookup.map((property) => values.get(property));
  const find = (inScope(db, definition, values, keys) as unknown as Record<string, Finder>)[finder];
  const found = await find?.(
    given.length === 1
      ? given[0]
      : Object.fromEntries(unique.lookup.map((p, at) => [p, given[at]])),
    deletedToo,
  );
  if (found === undefined) throw notNamed(definition);
  return found.id;
};

/** The repository in which values are unique: that of the scope that is among them. */
const inScope = (
  db: AnyDatabase,
  definition: AnyEntity,
  values: ReadonlyMap<string, string>,
  keys: KeyProvider = hiddenKeys,
): object => {
  const repository = createRepository(definition, { db, keys });
  const { columns, scope } = definition.plan;
  if (scope.length === 0) return repository;
  const given = columns.slice(0, scope.length).map(({ property, type }) => {
    const text = values.get(property);
    const isNumber = type.kind === "integer" || type.kind === "bigint";
    return [property, isNumber ? Number(text) : text];
  });
  return (repository as unknown as Scoped<object>).scoped(Object.fromEntries(given));
};

type Finder = (value: unknown, options: typeof deletedToo) => Promise<{ readonly id: string }>;

/** `--email a@example.com --tenant-id=…` as properties and values. */
const valuesOf = (words: readonly string[]): ReadonlyMap<string, string> => {
  const values = new Map<string, string>();
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [, name, inline] = /^--([a-z][A-Za-z0-9-]*)(?:=(.*))?$/.exec(word) ?? [];
    if (name === undefined) throw new CliError(`"${word}" is not an option`);
    const value = inline ?? rest.shift();
    if (value === undefined) throw new CliError(`--${name} has no value`);
    values.set(camelCase(name), value);
  }
  return values;
};

const notNamed = ({ name, plan }: AnyEntity): CliError => {
  const ways = plan.uniques.map(({ properties }) =>
    properties.map((property) => `--${kebabCase(property)} …`).join(" "),
  );
  return new CliError(
    `It is not clear which ${name} is meant`,
    `Name it by its id${ways.length === 0 ? "" : `, or by ${ways.join(", or ")}`}.`,
  );
};

const capitalized = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
const camelCase = (word: string): string =>
  word.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
const kebabCase = (word: string): string =>
  word.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
