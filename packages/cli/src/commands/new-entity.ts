import { readFile, writeFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { CliError } from "../cli-error.ts";
import { withEntity } from "../project/config-text.ts";
import { entityNames } from "../project/entity-files.ts";
import { entityFiles } from "../project/project-files.ts";
import { writeNewFiles } from "../project/write-files.ts";
import { confirm } from "../terminal/confirm.ts";
import type { CommandContext } from "./command-context.ts";

/** `annals new entity order`: a definition with its test, named in the configuration. */
export const newEntityCommand = async (context: CommandContext, name: string): Promise<number> => {
  const { terminal } = context;
  const entity = entityNames(name);
  const { file, entities } = await context.config();
  if (entities.some((one) => one.name === name)) {
    throw new CliError(`There is an entity "${name}" already`, "Give the new one another name.");
  }
  await confirm(terminal, `Write the entity ${name} into ${dirname(file)}?`);
  const { written, kept } = await writeNewFiles(dirname(file), entityFiles(entity));
  for (const path of written) terminal.line(`Wrote ${path}`);
  for (const path of kept) terminal.line(`Left ${path} as it is`);
  const path = `./src/${entity.file}.ts`;
  const changed = withEntity(await readFile(file, "utf8"), entity, path);
  const config = basename(file);
  if (changed !== undefined) {
    await writeFile(file, changed);
    terminal.line(`Added ${entity.constant} to ${config}`);
  } else {
    terminal.line(`Add ${entity.constant} of ${path} to the entities of ${config}.`);
  }
  terminal.json({ written, kept, isInConfig: changed !== undefined });
  terminal.line("Next: annals generate");
  return 0;
};
