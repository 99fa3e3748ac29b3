/** The rules that a column may have beside uniqueness, as their constraints' names end. */
export const COLUMN_RULES = ["enum", "check", "fkey"] as const;

/** The name of a column's constraint, for example `users_status_enum`. Storage format. */
export const columnConstraint = (
  table: string,
  column: string,
  rule: (typeof COLUMN_RULES)[number],
): string => `${table}_${column}_${rule}`;
