import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** What the command line asks for. */
export interface Options {
  readonly file: string;
  readonly verbose: boolean;
  /** Check what an earlier run left behind, and do nothing else. */
  readonly checkOnly: boolean;
  /** The schema to work in; `undefined` for a fresh one. */
  readonly schema: string | undefined;
  readonly help: boolean;
}

/** The demo was called in a way that cannot work. The message is all that a reader needs. */
export class UsageError extends Error {}

export const USAGE = `Usage: pnpm demo [options]

Runs commands from a file through the user entity, follows its events, and checks the result.

Options
  --file <path>     JSON Lines of commands; default is the example's own data/commands.jsonl
  --verbose         show every refused line, not only the first ones
  --schema <name>   with DATABASE_URL: work in this schema, annals_demo…, and keep what is there;
                    default is a fresh one for each run
  --check           with DATABASE_URL and --schema: only check what an earlier run left there
  --help            show this

A line is one of
  {"command":"register","email":"…","name":"…"}
  {"command":"changeEmail","email":"…","to":"…"}
  {"command":"rename","email":"…","name":"…"}
  {"command":"suspend","email":"…","reason":"…"}
  {"command":"reinstate","email":"…"}
where "email" is the address that the user has at that time.

PostgreSQL is the one of DATABASE_URL, or one in Docker, or an embedded one.
Exit code 0: done, and the check passed. 1: it did not. 2: called wrongly. 130: stopped by Ctrl-C.
`;

const OWN_FILE = fileURLToPath(new URL("../data/commands.jsonl", import.meta.url));

const SCHEMA = /^annals_demo[a-z0-9_]{0,50}$/;

/** @throws UsageError */
export const parseOptions = (
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Options => {
  const { file, verbose, check, schema, help } = parse(args);
  if (schema !== undefined && !SCHEMA.test(schema)) {
    // The demo creates tables with everyday names; no other schema could be meant.
    throw new UsageError("--schema must begin with annals_demo, in small letters, digits and _");
  }
  if (check && (schema === undefined || !env.DATABASE_URL)) {
    throw new UsageError("--check needs DATABASE_URL and --schema: where an earlier run worked");
  }
  return {
    // pnpm runs scripts in the workspace's root; INIT_CWD is where the user stands.
    file: file === undefined ? OWN_FILE : resolve(env.INIT_CWD ?? "", file),
    verbose,
    checkOnly: check,
    schema,
    help,
  };
};

const parse = (args: readonly string[]) => {
  try {
    const { values } = parseArgs({
      // `pnpm demo -- --file x` hands over the dashes as well.
      args: args[0] === "--" ? args.slice(1) : [...args],
      options: {
        file: { type: "string" },
        verbose: { type: "boolean", default: false },
        check: { type: "boolean", default: false },
        schema: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
};
