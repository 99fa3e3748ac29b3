import { TransactionUnusableError } from "@annals/core";
import type { KyselyPlugin, PluginTransformQueryArgs, PluginTransformResultArgs } from "kysely";

/**
 * Refuses queries that are built on a transaction whose work has ended, while its rollback is still on the
 * way: on the same connection they would come after it, and be committed on their own. A handler that is
 * given up may go on with such.
 */
export class OverGuard implements KyselyPlugin {
  readonly #isOver: () => boolean;

  constructor(isOver: () => boolean) {
    this.#isOver = isOver;
  }

  transformQuery({ node }: PluginTransformQueryArgs): PluginTransformQueryArgs["node"] {
    if (this.#isOver()) throw new TransactionUnusableError("over", "tx");
    return node;
  }

  async transformResult({
    result,
  }: PluginTransformResultArgs): Promise<PluginTransformResultArgs["result"]> {
    return result;
  }
}
