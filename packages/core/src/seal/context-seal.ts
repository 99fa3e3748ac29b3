import type { ContextErasure } from "../define/context-erasure.ts";
import type { JsonObject } from "../define/json-value.ts";
import { FORGOTTEN_MARK, findMarks, PERSONAL, replaceMarks } from "../define/personal-marks.ts";
import { KeysRequiredError, SubjectForgottenError } from "../errors/erase-errors.ts";
import type { ContextSource } from "../port/context.ts";
import type { KeyProvider } from "../port/key-provider.ts";
import type { EntityStore, Join, Store } from "../port/store.ts";
import type { TopicStore } from "../port/topic-store.ts";
import { DataKeys } from "./data-keys.ts";
import { type SealedJson, type SealPlace, Vault } from "./vault.ts";

/** One context is stored beside many events, so its values are bound to none of them. Storage format. */
const PLACE: SealPlace = { topic: "$context", id: "", sequence: 0, type: "" };

/** A stored context as what can be opened. */
export const sealedContext = (json: JsonObject | null): SealedJson => ({
  place: PLACE,
  json: json ?? {},
});

/** Seals and opens the personal values of contexts, by the key of whom each of them names. */
export class ContextSeal<Tx> {
  readonly #vault: Vault<Tx>;
  readonly #erasure: ContextErasure;

  constructor(vault: Vault<Tx>, erasure: ContextErasure) {
    this.#vault = vault;
    this.#erasure = erasure;
  }

  async seal(context: JsonObject | null, tx: Join<Tx>): Promise<JsonObject | null> {
    if (context === null || findMarks(context, PERSONAL).length === 0) return context;
    const { kind, field } = this.#erasure.subject;
    const subject = `${kind}/${context[field]}`;
    const open = { place: PLACE, subject, isFresh: false, json: context };
    try {
      const [sealed = null] = await this.#vault.seal("crypto-shredding", [open], [], tx);
      return sealed;
    } catch (error) {
      // What happens is recorded also when it is somebody's last act; who it was is not.
      if (!(error instanceof SubjectForgottenError)) throw error;
      return replaceMarks(context, PERSONAL, () => FORGOTTEN_MARK) as JsonObject;
    }
  }

  async open<Item extends { readonly context: JsonObject | null }>(
    items: readonly Item[],
    tx: Join<Tx>,
  ): Promise<readonly Item[]> {
    const given = items.map(({ context }) => sealedContext(context));
    const opened = await this.#vault.open(given, tx);
    return items.map((item, at) =>
      item.context === null ? item : { ...item, context: opened[at] ?? item.context },
    );
  }

  /** The store of an entity, whose contexts are sealed on their way in. */
  entities(store: EntityStore<Tx>): EntityStore<Tx> {
    return {
      ...store,
      write: async (write, tx) =>
        store.write({ ...write, context: await this.seal(write.context, tx) }, tx),
      writeAll: async (writes, tx) => {
        // All writes of a batch have the same context.
        const context = await this.seal(writes[0]?.context ?? null, tx);
        return store.writeAll(
          writes.map((write) => ({ ...write, context: write.context && context })),
          tx,
        );
      },
      history: async (id, query, tx, seen) => {
        const found = await store.history(id, query, tx, seen);
        return found && this.open(found, tx);
      },
      treeHistory: async (id, query, tx, seen) => {
        const found = await store.treeHistory(id, query, tx, seen);
        return found && this.open(found, tx);
      },
    };
  }

  /** The same for a topic of its own. */
  topic(store: TopicStore<Tx>): TopicStore<Tx> {
    return {
      ...store,
      publish: async (write, tx) =>
        store.publish({ ...write, context: await this.seal(write.context, tx) }, tx),
    };
  }
}

/**
 * What seals the contexts of a source; `undefined` where nothing in them is personal.
 *
 * @throws KeysRequiredError
 */
export const contextSealOf = <Tx>(
  context: ContextSource | undefined,
  store: Pick<Store<Tx>, "subjects">,
  keys: KeyProvider | undefined,
): ContextSeal<Tx> | undefined => {
  if (context?.erasure === undefined) return undefined;
  if (keys === undefined) throw new KeysRequiredError("context");
  const dataKeys = new DataKeys<Tx>("context", store.subjects(), keys);
  return new ContextSeal(new Vault(dataKeys), context.erasure);
};

type RepositoryStore<Tx, Opened extends Tx> = Pick<
  Store<Tx, Opened>,
  "entity" | "transaction" | "opened" | "subjects" | "isLostRace"
>;

/** A store whose entities, children too, have their contexts sealed; the store itself where none are. */
export const withSealedContexts = <Tx, Opened extends Tx>(
  store: RepositoryStore<Tx, Opened>,
  context: ContextSource | undefined,
  keys: KeyProvider | undefined,
): RepositoryStore<Tx, Opened> => {
  const seal = contextSealOf<Tx>(context, store, keys);
  if (seal === undefined) return store;
  return {
    entity: (plan) => seal.entities(store.entity(plan)),
    transaction: (work, options) => store.transaction(work, options),
    opened: (tx) => store.opened(tx),
    subjects: () => store.subjects(),
    isLostRace: (error) => store.isLostRace(error),
  };
};
