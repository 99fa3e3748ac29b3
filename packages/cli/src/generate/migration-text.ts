import type { SchemaChange } from "./schema-change.ts";

/** A migration to be written. */
export interface PlannedMigration {
  /** Without its number. */
  readonly name: string;
  readonly sql: string;
}

/** The changes as one migration, or as two where something has to be committed, or filled, in between. */
export const plannedMigrations = (
  name: string,
  changes: readonly SchemaChange[],
): readonly PlannedMigration[] => {
  const contract = changes.filter((one) => one.contract.length > 0);
  if (contract.length === 0) return [{ name, sql: migrationText(changes, "expand") }];
  const filled = [...new Set(contract.flatMap(({ fills }) => fills ?? []))];
  const [first, last] = filled.length === 0 ? IN_TWO_STEPS : inThreeSteps(filled);
  return [
    { name: `${name}_expand`, sql: `-- ${first}\n\n${migrationText(changes, "expand")}` },
    { name: `${name}_contract`, sql: `-- ${last}\n\n${migrationText(contract, "contract")}` },
  ];
};

type Headers = readonly [first: string, last: string];

const inThreeSteps = (entities: readonly string[]): Headers => {
  const fill = `annals rebuild ${entities.join(" ")}`;
  return [
    `Step 1 of 3. Then deploy the code that writes the new columns, and run the second step when no\n-- older code writes any more: ${fill}`,
    `Step 3 of 3. Refused while a row is not filled, which is what the second step is for: ${fill}`,
  ];
};

const IN_TWO_STEPS: Headers = [
  "Step 1 of 2.",
  "Step 2 of 2, which takes in what was there before the first was committed.",
];

const migrationText = (changes: readonly SchemaChange[], part: "expand" | "contract"): string =>
  changes
    .filter((one) => one[part].length > 0)
    .map(({ title, note, [part]: statements }) => {
      const about = note === undefined ? `-- ${title}.` : `-- ${title}. ${note}`;
      return `${about}\n${statements.join(";\n\n")};\n`;
    })
    .join("\n");

/** The same statements as a module for Kysely's own migrations. */
export const kyselyModule = (sql: string): string => `import { type Kysely, sql } from "kysely";

export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql.raw(String.raw\`\n${inTemplate(sql)}\`).execute(db.withoutPlugins());
};
`;

/** Text that stands in a template literal as it is. */
const inTemplate = (text: string): string => text.replace(/`|\$(?=\{)/g, (mark) => `\${"${mark}"}`);
