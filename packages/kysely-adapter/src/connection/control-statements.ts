/**
 * Comments, quoted text and names, dollar quotes, ends of statements, and anything else. Only good
 * enough to take statements about transactions apart, which hold nothing more difficult.
 */
const TOKENS =
  /(--[^\n]*|\/\*[\s\S]*?\*\/)|('(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\3\$)|(;)|([^;'"$/-]+|.)/g;

/** The statements of a text, without comments. */
export const statementsOf = (sql: string): readonly string[] => {
  const statements: string[] = [""];
  for (const [token, comment, , , end] of sql.matchAll(TOKENS)) {
    if (end !== undefined) statements.push("");
    else statements.push(`${statements.pop()}${comment === undefined ? token : " "}`);
  }
  return statements.map((statement) => statement.trim()).filter((statement) => statement !== "");
};

/** The name in a savepoint command: quoted as it stands, unquoted in small letters. */
export const savepointName = (statement: string): string => {
  const name = /(?:"((?:[^"]|"")*)"|([^\s"]+))$/.exec(statement);
  return name?.[1]?.replaceAll('""', '"') ?? name?.[2]?.toLowerCase() ?? "";
};

export const isRollbackTo = (statement: string): boolean =>
  /^rollback\s+(work\s+|transaction\s+)?to\b/i.test(statement);

export const isPrepareTransaction = (statement: string): boolean =>
  /^prepare\s+transaction\b/i.test(statement);

export const isCommit = (statement: string): boolean => /^(commit|end)\b/i.test(statement);

/** Whether the next transaction begins where this one ends. */
export const chains = (statement: string): boolean =>
  /\band\s+chain\b/i.test(statement) && !/\band\s+no\s+chain\b/i.test(statement);
