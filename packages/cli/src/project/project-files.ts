import { type EntityNames, entityTestText, entityText } from "./entity-files.ts";

/** A file of a project, by its path from the project's folder. */
export interface ProjectFile {
  readonly path: string;
  readonly text: string;
}

/** The entity's definition and its test. */
export const entityFiles = (entity: EntityNames): readonly ProjectFile[] => [
  { path: `src/${entity.file}.ts`, text: entityText(entity) },
  { path: `src/${entity.file}.test.ts`, text: entityTestText(entity) },
];

/** A project that runs at once; its package.json is apart, since it is added to. */
export const projectFiles = (entity: EntityNames): readonly ProjectFile[] => [
  { path: "annals.config.ts", text: configText(entity) },
  ...entityFiles(entity),
  { path: "src/main.ts", text: mainText(entity) },
  { path: "tsconfig.json", text: TSCONFIG },
  { path: ".gitignore", text: "node_modules/\n" },
  { path: "README.md", text: readmeText(entity) },
];

const configText = ({ constant, file }: EntityNames): string =>
  `import { defineConfig } from "@annals/cli";
import { ${constant} } from "./src/${file}.ts";

// The database is the one in DATABASE_URL.
export default defineConfig({ entities: [${constant}] });
`;

const mainText = ({ name, constant, file }: EntityNames): string =>
  `import type { DatabaseOf } from "@annals/core";
import { annalsPool, createRepository } from "@annals/kysely-adapter";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { ${constant} } from "./${file}.ts";

const pool = annalsPool(new pg.Pool({ connectionString: process.env.DATABASE_URL }));
const db = new Kysely<DatabaseOf<[typeof ${constant}]>>({ dialect: new PostgresDialect({ pool }) });
const repository = createRepository(${constant}, { db });

const first = await repository.create({ title: "First" });
first.rename("Second");
await repository.update(first);

const open = await repository.list({ where: { status: "open" }, orderBy: "createdAt", last: 1 });
for (const { id, version, state } of open.items) {
  console.log(\`${name} \${id} is "\${state.title}", at version \${version}.\`);
}
await db.destroy();
`;

const TSCONFIG = `{
  "compilerOptions": {
    "target": "es2024",
    "module": "nodenext",
    "types": ["node"],
    "strict": true,
    "noEmit": true,
    "skipLibCheck": true,
    "allowImportingTsExtensions": true,
    "erasableSyntaxOnly": true,
    "verbatimModuleSyntax": true
  },
  "include": ["src", "annals.config.ts"]
}
`;

const readmeText = ({ name, file }: EntityNames): string =>
  `# A project with Annals

You need Node 22.18 or newer and an empty PostgreSQL database.

\`\`\`sh
npm install
npm test                                   # decisions, without a database
export DATABASE_URL=postgres://localhost/…
npm run generate                           # writes the migration for src/${file}.ts
npm run migrate                            # applies it
npm start
npx annals tail ${name}                    # what was stored
\`\`\`

\`npx annals new entity <name>\` adds another entity; \`npx annals --help\` lists everything else.
`;
