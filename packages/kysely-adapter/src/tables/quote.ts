/** Quotes an identifier. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Quotes a text literal, so that it means the same whatever `standard_conforming_strings` is. */
export const quoteText = (text: string): string => {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes("\\") ? ` E${quoted.replaceAll("\\", "\\\\")}` : quoted;
};

/** An identifier with its schema. */
export const qualify = (schema: string, name: string): string =>
  `${quoteName(schema)}.${quoteName(name)}`;
