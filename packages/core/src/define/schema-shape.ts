import { type $ZodType, type $ZodTypes, safeEncode } from "zod/v4/core";
import { isBinary } from "./binary.ts";
import { personalSchema } from "./personal.ts";

/** A schema of a known kind, so that its `def` can be switched on. */
const known = (schema: $ZodType): $ZodTypes => schema as $ZodTypes;

/** The stored and the in-memory side of a schema that translates between two (`z.codec`). */
export const codecSides = (
  schema: $ZodTypes,
): { readonly in: $ZodType; readonly out: $ZodType } | undefined => {
  const def = schema._zod.def;
  return def.type === "pipe" && "reverseTransform" in def ? def : undefined;
};

/** Whether a state may have nothing there. The schema is asked, since any part of it may allow it. */
export const isNullable = (schema: $ZodType): boolean => {
  const accepts = (value: null | undefined): boolean => {
    try {
      return safeEncode(schema, value as never).success;
    } catch {
      // A codec of the definition's own that cannot take it.
      return false;
    }
  };
  return accepts(undefined) || accepts(null);
};

/** The schema under `optional`, `nullable`, `default` and the like. */
export const unwrap = (schema: $ZodType): $ZodTypes => {
  let current = known(schema);
  for (;;) {
    const def = current._zod.def;
    switch (def.type) {
      case "optional":
      case "nullable":
      case "nonoptional":
      case "default":
      case "prefault":
      case "readonly":
        current = known(def.innerType);
        break;
      case "lazy":
        current = known(def.getter());
        break;
      default:
        return current;
    }
  }
};

/** What a schema may not be made of, found before the first event is stored. */
export interface SchemaProblem {
  readonly path: readonly string[];
  readonly problem: string;
  readonly hint: string;
}

const CODEC_HINT =
  "Store it through a codec whose stored side is JSON: jsonDate(), jsonBigInt() or your own z.codec().";

const BINARY_HINT =
  "Only an event of a topic of its own may carry it: in one field, at the top, and not optional.";

const REFUSED: Readonly<Record<string, string>> = {
  bigint: CODEC_HINT,
  date: CODEC_HINT,
  map: CODEC_HINT,
  set: CODEC_HINT,
  symbol: CODEC_HINT,
  nan: CODEC_HINT,
  file: CODEC_HINT,
  void: "Leave the field out, or make it optional().",
  function: "Store data; functions cannot be stored.",
  promise: "Await the value before it goes into an event.",
  transform: "A transform cannot be undone when it is read: use z.codec() with both directions.",
  catch: "catch() would replace stored facts silently: use optional() or default().",
  success: "Use a plain boolean.",
};

/** What a walk over a schema finds. */
export interface SchemaFindings {
  readonly problems: readonly SchemaProblem[];
  /** Whether anything in it has a stored form of its own. */
  readonly hasCodec: boolean;
  /** Whether anything in it is personal. */
  readonly hasPersonal: boolean;
}

/** Looks for everything in a schema that would not come back from JSON as it went in. */
export const inspectSchema = (root: $ZodType): SchemaFindings => {
  const problems: SchemaProblem[] = [];
  const seen = new Set<$ZodType>();
  let hasCodec = false;
  let hasPersonal = false;

  const visit = (schema: $ZodType, path: readonly string[], isInPersonal: boolean): void => {
    if (seen.has(schema)) return;
    seen.add(schema);
    const node = known(schema);
    const inner = personalSchema(schema);
    if (inner !== undefined) {
      hasCodec = true;
      hasPersonal = true;
      if (isInPersonal) problems.push({ path, ...NESTED });
      else if (mayBeLeftOut(inner)) problems.push({ path, ...LEFT_OUT });
      else visit(inner, path, true);
      return;
    }
    const codec = codecSides(node);
    if (codec !== undefined) {
      hasCodec = true;
      // Only the stored side meets JSON; the other side may be anything.
      visit(codec.in, path, isInPersonal);
      return;
    }
    if (isBinary(schema)) {
      problems.push({ path, problem: "binary data does not survive JSON", hint: BINARY_HINT });
      return;
    }
    const hint = isForeignLiteral(node) ? CODEC_HINT : REFUSED[node._zod.def.type];
    if (hint !== undefined) {
      problems.push({ path, problem: `${node._zod.def.type} does not survive JSON`, hint });
      return;
    }
    for (const [key, child] of childrenOf(node)) {
      visit(child, key === "" ? path : [...path, key], isInPersonal);
    }
  };

  visit(root, [], false);
  return { problems, hasCodec, hasPersonal };
};

const NESTED = {
  problem: "personal() stands within personal()",
  hint: "Mark the whole, or its parts.",
};

const LEFT_OUT = {
  problem: "personal() stands around something that may be left out",
  hint: "Write personal(…).optional(): that there is a value is no secret.",
};

/** Whether a schema takes that there is nothing, so that there may be nothing to mark. */
const mayBeLeftOut = (schema: $ZodType): boolean =>
  schema._zod.optin === "optional" || schema._zod.optout === "optional";

/** `z.literal(1n)` and `z.literal(undefined)`: JSON has no such values. */
const isForeignLiteral = (node: $ZodTypes): boolean => {
  const { def } = node._zod;
  return (
    def.type === "literal" &&
    def.values.some((value) => typeof value === "bigint" || value === undefined)
  );
};

const childrenOf = (node: $ZodTypes): [key: string, child: $ZodType][] => {
  const def = node._zod.def;
  switch (def.type) {
    case "object":
      return [...Object.entries(def.shape), ...rest("*", def.catchall)];
    case "array":
      return [["[]", def.element]];
    case "tuple":
      return [
        ...def.items.map((item, i): [string, $ZodType] => [`${i}`, item]),
        ...rest("[]", def.rest),
      ];
    case "record":
      return [
        ["*", def.keyType],
        ["*", def.valueType],
      ];
    case "union":
      return def.options.map((option): [string, $ZodType] => ["", option]);
    case "intersection":
      return [
        ["", def.left],
        ["", def.right],
      ];
    case "pipe":
      return [
        ["", def.in],
        ["", def.out],
      ];
    case "lazy":
      return [["", def.getter()]];
    case "optional":
    case "nullable":
    case "nonoptional":
    case "default":
    case "prefault":
    case "readonly":
      return [["", def.innerType]];
    default:
      return [];
  }
};

const rest = (key: string, schema: $ZodType | null | undefined): [string, $ZodType][] =>
  schema ? [[key, schema]] : [];
