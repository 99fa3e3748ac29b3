import { batchWrite, memberRefusal, repeatedValue } from "../append/batch-write.ts";
import type { Recording } from "../append/entity-write.ts";
import { scopeValues } from "../append/scope-values.ts";
import type { History } from "../decide/history.ts";
import {
  beginBelow,
  failKinds,
  type PendingKind,
  type PendingMember,
} from "../decide/tree-pending.ts";
import type { EntityModel } from "../define/entity-model.ts";
import { OutcomeUnknownError } from "../errors/append-errors.ts";
import { ScopeMismatchError } from "../errors/scope-errors.ts";
import type { KeyProvider } from "../port/key-provider.ts";
import type { BatchWrite, Durability } from "../port/rows.ts";
import type { EntityStore, Join, Store } from "../port/store.ts";
import { entitiesOf } from "../seal/sealed-entities.ts";
import { recordingIn } from "./recording.ts";
import type { Appending, AroundAppend } from "./repository-hooks.ts";
import type { Together } from "./together.ts";

/**
 * Writes the children of entities after the entities themselves, in one transaction: for each kind one
 * statement for those that are changed and one for those that are new, however many there are.
 */
export class TreeWrites<Tx> implements AroundAppend<Tx> {
  readonly #stores: ReadonlyMap<EntityModel, EntityStore<Tx>>;
  readonly #hook: AroundAppend<Tx>;
  readonly #recording: (events: number) => Recording;
  readonly #together: Together<Tx>;

  constructor(
    model: EntityModel,
    store: Pick<Store<Tx>, "entity" | "subjects" | "transaction">,
    hook: AroundAppend<Tx>,
    recording: (events: number) => Recording,
    together: Together<Tx>,
    keys: KeyProvider | undefined,
  ) {
    this.#stores = new Map(
      modelsBelow(model).map((child) => [child, entitiesOf(child, store, keys)] as const),
    );
    this.#hook = hook;
    this.#recording = recording;
    this.#together = together;
  }

  async around<Result>(
    call: string,
    join: Join<Tx>,
    appending: readonly Appending[],
    write: (join: Join<Tx>) => Promise<Result>,
    wasWritten: (result: Result) => boolean = () => true,
  ): Promise<Result> {
    const kinds = this.#begun(appending);
    let hasBegun = false;
    const work = async (tx: Join<Tx>): Promise<Result> => {
      hasBegun = true;
      return this.#parentsFirst(tx, kinds, write, wasWritten);
    };
    // A batch compares revisions in a statement of its own.
    const isOne = kinds.length === 0 && call !== "updateAll";
    const step = (tx: Join<Tx>) => (isOne ? work(tx) : this.#together(call, tx, work));
    try {
      return await this.#hook.around(call, join, appending, step, wasWritten);
    } catch (error) {
      if (!hasBegun) this.#failAll(appending, kinds);
      throw error;
    }
  }

  #begun(appending: readonly Appending[]): readonly PendingKind[] {
    try {
      return beginBelow(appending.map(({ history }) => history));
    } catch (error) {
      this.#failAll(appending, []);
      throw error;
    }
  }

  #failAll(appending: readonly Appending[], kinds: readonly PendingKind[]): void {
    for (const { history } of appending) history.failWrite("rolledBack");
    failKinds(kinds, "rolledBack");
  }

  async #parentsFirst<Result>(
    tx: Join<Tx>,
    kinds: readonly PendingKind[],
    write: (join: Join<Tx>) => Promise<Result>,
    wasWritten: (result: Result) => boolean,
  ): Promise<Result> {
    let left = kinds;
    try {
      const result = await write(tx);
      if (wasWritten(result)) {
        for (const kind of kinds) {
          await this.#writeKind(kind, tx);
          left = left.slice(1);
        }
      } else failKinds(kinds, "rolledBack");
      return result;
    } catch (error) {
      failKinds(left, error instanceof OutcomeUnknownError ? "unknown" : "rolledBack");
      throw error;
    }
  }

  /** Those that are changed come first: a new one may take a value that another gives up. */
  async #writeKind({ kind: { model }, members }: PendingKind, tx: Join<Tx>): Promise<void> {
    const changed = members.filter(({ pending }) => pending.expectedVersion > 0);
    const created = members.filter(({ pending }) => pending.expectedVersion === 0);
    const written: (readonly [readonly PendingMember[], Durability])[] = [];
    for (const part of [changed, created]) {
      if (part.length > 0) written.push([part, await this.#writeMembers(model, part, tx)]);
    }
    for (const [part, durability] of written) endMembers(part, durability);
  }

  async #writeMembers(
    model: EntityModel,
    members: readonly PendingMember[],
    tx: Join<Tx>,
  ): Promise<Durability> {
    const events = members.reduce((sum, { pending }) => sum + pending.events.length, 0);
    const recording = { ...this.#recording(events), ...recordingIn(tx) };
    const writes = members.map(({ history, pending, root }) => {
      const write = batchWrite(model, history, pending, recording);
      checkScope(model, write, root);
      return write;
    });
    const store = this.#stores.get(model) as EntityStore<Tx>;
    const result = repeatedValue(model.plan, writes) ?? (await store.writeAll(writes, tx));
    if (result.kind === "written") return result.durability;
    throw memberRefusal(model, writes, result);
  }
}

/** A child lives in the scope of its root. */
const checkScope = ({ plan }: EntityModel, { id, columns }: BatchWrite, root: History): void => {
  const isSame = scopeValues(root.model, root).every((value, at) => columns[at] === value);
  if (!isSame) throw new ScopeMismatchError({ entity: plan.name, id });
};

const endMembers = (members: readonly PendingMember[], durability: Durability): void => {
  for (const { history, pending } of members) {
    const end = history.endWrite(pending);
    if (durability.kind === "open") durability.onEnd(end);
    else end(durability.kind);
  }
};

const modelsBelow = (model: EntityModel): readonly EntityModel[] =>
  model.children.flatMap(({ model: child }) => [child, ...modelsBelow(child)]);
