/** A JSON schema as zod writes it; `true` and `false` stand for anything and nothing. */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

/** A place at which values of an older schema may not fit a newer one. */
export interface Misfit {
  readonly path: readonly string[];
  /** What is wrong, as the rest of a sentence that begins with the place. */
  readonly problem: string;
}

type Keywords = { readonly [keyword: string]: unknown };

interface Comparison {
  readonly path: readonly string[];
  readonly roots: { readonly from: JsonSchema; readonly to: JsonSchema };
  /** Pairs that are being compared further out, which recursive schemas come back to. */
  readonly open: ReadonlySet<string>;
}

/** What says nothing about which values fit. */
const ANNOTATIONS: ReadonlySet<string> = new Set([
  ...["$schema", "$id", "$defs", "$comment", "id", "title", "description", "default", "examples"],
  ...["deprecated", "readOnly", "writeOnly"],
]);

/**
 * Where values that were stored under one schema may not be read under another. Cautious: no misfit means
 * that every value fits, and a misfit that it could not be shown. Objects hold no keys that their schema
 * does not name, unless it takes any, because that is how events are stored.
 */
export const misfits = (from: JsonSchema, to: JsonSchema): readonly Misfit[] =>
  compare(from, to, { path: [], roots: { from, to }, open: new Set() });

const compare = (from: JsonSchema, to: JsonSchema, at: Comparison): readonly Misfit[] => {
  const [old, now] = [plain(from), plain(to)];
  if (Object.keys(now).length === 0 || "never" in old) return [];
  if ("never" in now) return misfit(at, "is not taken any more");
  if ("$ref" in old || "$ref" in now) return compareReferred(old, now, at);
  if (isEqual(old, now) && hasOneMeaning(old, at)) return [];
  const branches = branchesOf(old);
  if (branches !== undefined) return branches.flatMap((branch) => compare(branch, now, at));
  const { allOf, ...rest } = now;
  if (Array.isArray(allOf)) return [rest, ...allOf].flatMap((part) => compare(old, part, at));
  if (Array.isArray(old.allOf)) {
    const { allOf: parts, ...own } = old;
    const found = [own, ...(parts as JsonSchema[])].map((part) => compare(part, now, at));
    return found.find((one) => one.length === 0) ?? (found[0] as readonly Misfit[]);
  }
  const choices = branchesOf(now);
  if (choices !== undefined && !hasFewValues(old)) {
    const found = choices.map((choice) => compare(old, choice, at));
    if (found.some((one) => one.length === 0)) return [];
    return misfit(at, "may be of a kind that is not taken any more");
  }
  return hasFewValues(old) ? compareValues(old, now, at) : compareKeywords(old, now, at);
};

const misfit = ({ path }: Comparison, problem: string): readonly Misfit[] => [{ path, problem }];

/** A schema without its annotations; `never` in place of `false` and `{"not": {}}`. */
const plain = (schema: JsonSchema): Keywords => {
  if (schema === true) return {};
  if (schema === false || isEqual(schema.not, {})) return { never: true };
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !ANNOTATIONS.has(key)));
};

const isEqual = (one: unknown, other: unknown): boolean => canonical(one) === canonical(other);

/** Two equal schemas differ where they refer to what differs. */
const hasOneMeaning = (schema: Keywords, { roots }: Comparison): boolean =>
  !canonical(schema).includes('"$ref"') || isEqual(roots.from, roots.to);

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  ) ?? "undefined";

const compareReferred = (old: Keywords, now: Keywords, at: Comparison): readonly Misfit[] => {
  const pair = canonical([old, now]);
  if (at.open.has(pair)) return [];
  const open = new Set(at.open).add(pair);
  return compare(resolved(old, at.roots.from), resolved(now, at.roots.to), { ...at, open });
};

const resolved = (schema: Keywords, root: JsonSchema): JsonSchema => {
  const { $ref, ...rest } = schema;
  if (typeof $ref !== "string") return schema;
  let found: unknown = root;
  for (const step of $ref.split("/").slice(1)) {
    found = (found as Keywords)[step.replaceAll("~1", "/").replaceAll("~0", "~")];
  }
  return { ...(found as Keywords), ...rest };
};

/** The alternatives of a union, each with what holds for all of them. */
const branchesOf = (schema: Keywords): readonly JsonSchema[] | undefined => {
  for (const keyword of ["anyOf", "oneOf"] as const) {
    const { [keyword]: branches, ...rest } = schema;
    if (Array.isArray(branches)) {
      return branches.map((one) => (Object.keys(rest).length === 0 ? one : { allOf: [rest, one] }));
    }
  }
  const { type } = schema;
  return Array.isArray(type) ? type.map((one) => ({ ...schema, type: one })) : undefined;
};

const hasFewValues = (schema: Keywords): boolean => "const" in schema || Array.isArray(schema.enum);

const valuesOf = (schema: Keywords): readonly unknown[] =>
  "const" in schema ? [schema.const] : (schema.enum as unknown[]);

const compareValues = (old: Keywords, now: Keywords, at: Comparison): readonly Misfit[] => {
  const lost = valuesOf(old).filter((value) => !takes(now, value));
  return lost.length === 0
    ? []
    : misfit(at, `does not take ${lost.map((value) => JSON.stringify(value)).join(", ")} any more`);
};

/** Whether a value that is no object or list certainly fits. */
const takes = (schema: JsonSchema, value: unknown): boolean => {
  const { allOf, ...now } = plain(schema);
  if (Array.isArray(allOf)) return [now, ...allOf].every((part) => takes(part, value));
  const choices = branchesOf(now);
  if (choices !== undefined) return choices.some((choice) => takes(choice, value));
  if (hasFewValues(now)) return valuesOf(now).includes(value);
  const { pattern, type } = now;
  if (typeof value === "string" && typeof pattern === "string") {
    if (!new RegExp(pattern).test(value)) return false;
  }
  const exact = { type: kindOf(value, type), ...bounds(value) };
  const asked = Object.fromEntries(
    Object.entries(now).filter(([key]) => key !== "pattern" && !(key === "format" && pattern)),
  );
  const at = { path: [], roots: { from: exact, to: now }, open: new Set<string>() };
  return compareKeywords(exact, asked, at).length === 0;
};

const kindOf = (value: unknown, wanted: unknown): string => {
  if (value === null) return "null";
  return typeof value === "number" && wanted === "integer" && Number.isInteger(value)
    ? "integer"
    : typeof value;
};

const bounds = (value: unknown): Keywords => {
  if (typeof value === "number") return { minimum: value, maximum: value };
  if (typeof value !== "string") return {};
  const length = [...value].length;
  return { minLength: length, maxLength: length };
};

const compareKeywords = (old: Keywords, now: Keywords, at: Comparison): readonly Misfit[] =>
  Object.keys(now).flatMap((keyword) => {
    const rule = RULES[keyword] ?? unchanged;
    return rule(old, now, at, keyword);
  });

type Rule = (old: Keywords, now: Keywords, at: Comparison, keyword: string) => readonly Misfit[];

/** For what cannot be compared, such as a pattern, only the same will do. */
const unchanged: Rule = (old, now, at, keyword) =>
  isEqual(old[keyword], now[keyword]) ? [] : misfit(at, `has another ${keyword}`);

/** Whether the old bound is at least as tight. An exclusive bound is tighter than an inclusive one. */
const bound =
  (direction: 1 | -1, inclusive: string, exclusive: string | undefined): Rule =>
  (old, now, at, keyword) => {
    const wanted = (now[keyword] as number) * direction;
    const known = (name: string | undefined): number =>
      typeof old[name as string] === "number"
        ? (old[name as string] as number) * direction
        : Number.NEGATIVE_INFINITY;
    const isTight =
      known(exclusive) >= wanted ||
      (keyword === exclusive ? known(inclusive) > wanted : known(inclusive) >= wanted);
    return isTight ? [] : misfit(at, `has a tighter ${keyword}, ${String(now[keyword])}`);
  };

const lowest = bound(1, "minimum", "exclusiveMinimum");
const highest = bound(-1, "maximum", "exclusiveMaximum");

const type: Rule = (old, now, at) =>
  old.type === now.type || (old.type === "integer" && now.type === "number")
    ? []
    : misfit(at, `is ${String(now.type)}, and was ${String(old.type ?? "anything")}`);

const fewerValues: Rule = (_old, _now, at) => misfit(at, "takes only certain values");

const record = (value: unknown): Readonly<Record<string, JsonSchema>> =>
  (value ?? {}) as Record<string, JsonSchema>;
const names = (value: unknown): readonly string[] => (value ?? []) as string[];
const below = (at: Comparison, key: string): Comparison => ({ ...at, path: [...at.path, key] });

const required: Rule = (old, now, at) =>
  names(now.required)
    .filter((key) => !names(old.required).includes(key))
    .flatMap((key) => misfit(below(at, key), "is required, and was not"));

const properties: Rule = (old, now, at) =>
  Object.entries(record(now.properties)).flatMap(([key, schema]) => {
    const known = record(old.properties)[key] ?? (old.additionalProperties as JsonSchema);
    return known === undefined ? [] : compare(known, schema, below(at, key));
  });

const otherProperties: Rule = (old, now, at) => {
  const rest = now.additionalProperties as JsonSchema;
  const removed = Object.entries(record(old.properties)).filter(
    ([key]) => !Object.hasOwn(record(now.properties), key),
  );
  const open = old.additionalProperties as JsonSchema | undefined;
  return [
    ...removed.flatMap(([key, schema]) => compare(schema, rest, below(at, key))),
    ...(open === undefined ? [] : compare(open, rest, below(at, "*"))),
  ];
};

const propertyNames: Rule = (old, now, at) => {
  const rule = now.propertyNames as JsonSchema;
  const refused = Object.keys(record(old.properties)).filter((key) => !takes(rule, key));
  const isOpen = old.additionalProperties !== undefined && old.additionalProperties !== false;
  const known = (old.propertyNames as JsonSchema | undefined) ?? { type: "string" };
  return [
    ...refused.flatMap((key) => misfit(below(at, key), "is no key any more")),
    ...(isOpen ? compare(known, rule, below(at, "*")) : []),
  ];
};

/** Items and prefix items together: place by place, and then the rest. */
const items: Rule = (old, now, at, keyword) => {
  if (keyword === "prefixItems" && "items" in now) return [];
  const [before, after] = [old.prefixItems, now.prefixItems].map(
    (list) => (list ?? []) as JsonSchema[],
  );
  const [rest, wanted] = [old.items, now.items].map((one) => (one ?? true) as JsonSchema);
  const places = Math.max(before?.length ?? 0, after?.length ?? 0);
  const most = typeof old.maxItems === "number" ? old.maxItems : Number.POSITIVE_INFINITY;
  return [
    ...Array.from({ length: Math.min(places, most) }, (_, place) =>
      compare(
        before?.[place] ?? (rest as JsonSchema),
        after?.[place] ?? (wanted as JsonSchema),
        below(at, String(place)),
      ),
    ).flat(),
    ...(most <= places ? [] : compare(rest as JsonSchema, wanted as JsonSchema, below(at, "*"))),
  ];
};

const RULES: Readonly<Record<string, Rule>> = {
  type,
  const: fewerValues,
  enum: fewerValues,
  minimum: lowest,
  exclusiveMinimum: lowest,
  maximum: highest,
  exclusiveMaximum: highest,
  minLength: bound(1, "minLength", undefined),
  maxLength: bound(-1, "maxLength", undefined),
  minItems: bound(1, "minItems", undefined),
  maxItems: bound(-1, "maxItems", undefined),
  required,
  properties,
  additionalProperties: otherProperties,
  propertyNames,
  items,
  prefixItems: items,
};
