import { InvalidDefinitionError } from "../errors/define-errors.ts";

/**
 * The one rule by which names in TypeScript become names in SQL: an underscore before every capital
 * that follows a small letter or a digit, and before the last capital of a run that a small letter
 * follows; then all small. `tenantId` is `tenant_id`, `htmlBody2` is `html_body2`, `userID` is `user_id`.
 */
export const snakeCase = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1_$2")
    .toLowerCase();

/** `snakeCase` at the type level. */
export type SnakeCase<Name extends string> = Snake<Name, "", "start">;

type Upper =
  | ("A" | "B" | "C" | "D" | "E" | "F" | "G" | "H" | "I" | "J" | "K" | "L" | "M")
  | ("N" | "O" | "P" | "Q" | "R" | "S" | "T" | "U" | "V" | "W" | "X" | "Y" | "Z");

// `Before` is the kind of the character before: "upper" only while inside a run of capitals.
type Snake<
  Rest extends string,
  Done extends string,
  Before extends "start" | "lower" | "upper",
> = Rest extends `${infer Char}${infer Tail}`
  ? Char extends Upper
    ? Before extends "lower"
      ? Snake<Tail, `${Done}_${Lowercase<Char>}`, "upper">
      : Before extends "upper"
        ? StartsWithLower<Tail> extends true
          ? Snake<Tail, `${Done}_${Lowercase<Char>}`, "upper">
          : Snake<Tail, `${Done}${Lowercase<Char>}`, "upper">
        : Snake<Tail, `${Done}${Lowercase<Char>}`, "upper">
    : Snake<Tail, `${Done}${Char}`, Char extends "_" ? "start" : "lower">
  : Done;

type StartsWithLower<Text extends string> = Text extends `${infer Char}${string}`
  ? Char extends Upper | "_" | Digit
    ? false
    : true
  : false;

type Digit = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9";

/** PostgreSQL truncates longer identifiers silently (NAMEDATALEN - 1), so we refuse them. */
const IDENTIFIER_BYTES_MAX = 63;

/** Returns `identifier`, or throws when PostgreSQL would not keep it as it is. */
export const checkIdentifier = (definition: string, identifier: string): string => {
  if (!/^[a-z][a-z0-9_]*$/.test(identifier)) {
    throw new InvalidDefinitionError(
      definition,
      `"${identifier}" is not a plain SQL name`,
      "Use small letters, digits and underscores, with a letter first.",
    );
  }
  if (identifier.length > IDENTIFIER_BYTES_MAX) {
    throw new InvalidDefinitionError(
      definition,
      `PostgreSQL would truncate the name "${identifier}" (${identifier.length} bytes, at most ${IDENTIFIER_BYTES_MAX})`,
      "Shorten the entity, table or column name.",
    );
  }
  return identifier;
};
