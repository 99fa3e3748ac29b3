/** Quotes an identifier. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Quotes a text literal (`standard_conforming_strings` is on since PostgreSQL 9.1). */
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** An identifier with its schema. */
export const qualify = (schema: string, name: string): string =>
  `${quoteName(schema)}.${quoteName(name)}`;
