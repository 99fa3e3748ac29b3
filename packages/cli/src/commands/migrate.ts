import { access } from "node:fs/promises";
import { migrate } from "@annals/kysely-adapter";
import { confirm } from "../terminal/confirm.ts";
import type { CommandContext } from "./command-context.ts";

export interface MigrateFlags {
  readonly dryRun?: boolean;
  readonly outOfOrder?: boolean;
}

/** `annals migrate`: applies what is not applied yet; asks first where somebody sits who can answer. */
export const migrateCommand = (
  context: CommandContext,
  { dryRun = false, outOfOrder = false }: MigrateFlags,
): Promise<number> =>
  context.database(async (db, config) => {
    const { terminal } = context;
    const options = {
      ...((await isThere(config.migrations)) ? { folder: config.migrations } : {}),
      application: config.application,
      outOfOrder,
    };
    // A deployment has nobody to ask, and is meant; whoever sits at a terminal may be on the wrong database.
    if (terminal.isInteractive && !dryRun) {
      const names = (await migrate(db, { ...options, dryRun: true })).map(({ name }) => name);
      if (names.length > 0) await confirm(terminal, `Apply ${names.join(", ")}?`);
    }
    const applied = await migrate(db, {
      ...options,
      dryRun,
      onMigration: (name) => terminal.note(`Applying ${name}`),
    });
    for (const { name, sql } of applied) {
      terminal.json(dryRun ? { name, sql } : { name });
      if (dryRun) terminal.line(`-- ${name}\n${sql}`);
    }
    if (applied.length === 0) terminal.line("Everything is applied.");
    else if (!dryRun) terminal.line(`Applied ${applied.map(({ name }) => name).join(", ")}.`);
    return 0;
  });

const isThere = (folder: string): Promise<boolean> =>
  access(folder).then(
    () => true,
    () => false,
  );
