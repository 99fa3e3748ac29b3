import type { AnyEntity } from "@annals/core";
import differences from "microdiff";
import { readingKeys } from "../config/keys.ts";
import { withWords } from "../terminal/personal-words.ts";
import { writeTable } from "../terminal/table.ts";
import { parseAsOf } from "./as-of.ts";
import { type CommandContext, entitiesNamed } from "./command-context.ts";
import { deletedToo, openRepository } from "./find-entity.ts";
import { shown } from "./show.ts";
import { comparedTree, shownChildren } from "./shown-tree.ts";

/** `annals diff user <id> 3 7`: what changed in the state, and in children, between two pasts. */
export const diffCommand = (
  context: CommandContext,
  name: string,
  id: string,
  from: string,
  to: string | undefined,
  { personal = false }: { readonly personal?: boolean } = {},
): Promise<number> =>
  context.database(async (db, config) => {
    const { terminal } = context;
    const [definition] = entitiesNamed(config, [name]) as [AnyEntity];
    const repository = openRepository(db, definition, readingKeys(config, { personal }));
    const older = await repository.findById(id, { ...deletedToo, asOf: parseAsOf(from) });
    const newer = await repository.findById(id, {
      ...deletedToo,
      ...(to !== undefined && { asOf: parseAsOf(to) }),
    });
    const treeOf = (entity: typeof older) =>
      comparedTree(
        withWords(entity.state, personal) as object,
        shownChildren(definition, entity, personal),
      );
    const changes = differences(treeOf(older), treeOf(newer)).map((one) => ({
      path: one.path.join("."),
      before: "oldValue" in one ? one.oldValue : undefined,
      after: "value" in one ? one.value : undefined,
    }));
    terminal.json({ id, from: older.version, to: newer.version, changes });
    terminal.line(`${name} ${id} from version ${older.version} to ${newer.version}`);
    if (changes.length === 0) terminal.line("Nothing in its state changed.");
    else {
      const rows = changes.map(({ path, before, after }) => [path, shown(before), shown(after)]);
      writeTable(terminal, ["field", "before", "after"], rows);
    }
    return 0;
  });
