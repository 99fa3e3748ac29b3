import { batchRefusal, batchWrite, repeatedValue } from "../append/batch-write.ts";
import { type Recording, refusal, touchingWrite } from "../append/entity-write.ts";
import { scopeValues } from "../append/scope-values.ts";
import type { Ambient } from "../decide/ambient.ts";
import { decideCreation } from "../decide/decide.ts";
import type { History } from "../decide/history.ts";
import { newEntityId } from "../decide/new-id.ts";
import { beginRoot, unwrittenBelow } from "../decide/tree-pending.ts";
import type { EntityModel } from "../define/entity-model.ts";
import { AnnalsError, atBatchIndex } from "../errors/annals-error.ts";
import { EntityAlreadyExistsError, OutcomeUnknownError } from "../errors/append-errors.ts";
import { InvalidArgumentError } from "../errors/read-errors.ts";
import type { BatchWrite, Durability } from "../port/rows.ts";
import type { EntityStore, Join } from "../port/store.ts";
import type { CallOptions } from "./call-options.ts";
import { ownHistory } from "./own-history.ts";
import { recordingIn } from "./recording.ts";
import type { Appending, AroundAppend } from "./repository-hooks.ts";

/** One entity of a batch, what it has to store, and its place in the list that was given. */
interface Member extends Appending {
  readonly index: number;
}

/** The calls behind a repository that write many entities at once, free of the user's types. */
export class Batches<Tx> {
  readonly #model: EntityModel;
  readonly #store: EntityStore<Tx>;
  readonly #ambient: Ambient;
  readonly #recording: (events: number) => Recording;
  readonly #toEntity: (history: History) => object;
  readonly #hook: AroundAppend<Tx>;

  constructor(
    model: EntityModel,
    store: EntityStore<Tx>,
    ambient: Ambient,
    recording: (events: number) => Recording,
    toEntity: (history: History) => object,
    hook: AroundAppend<Tx>,
  ) {
    this.#model = model;
    this.#store = store;
    this.#ambient = ambient;
    this.#recording = recording;
    this.#toEntity = toEntity;
    this.#hook = hook;
  }

  readonly createAll = async (
    inputs: readonly unknown[],
    options?: CallOptions<Tx>,
  ): Promise<readonly object[]> => {
    this.#checkList("createAll", inputs);
    const histories = inputs.map((input, index) => naming(index, () => this.#decided(input)));
    this.#refuseRepeatedIds(histories);
    const made = histories.map((history, index) =>
      naming(index, () => ({ history, entity: this.#toEntity(history) })),
    );
    await this.#writeAll("createAll", begun(made), options?.tx);
    return made.map(({ entity }) => entity);
  };

  /** Stores new entities that were decided before, of which none has been written. */
  readonly createDrafts = async (
    entities: readonly object[],
    options?: CallOptions<Tx>,
  ): Promise<void> => {
    const made = entities.map((entity) => ({ entity, history: this.#historyOf(entity) }));
    this.#refuseRepeatedIds(made.map(({ history }) => history));
    await this.#writeAll("createAll", begun(made), options?.tx);
  };

  readonly updateAll = async (
    entities: readonly object[],
    options?: CallOptions<Tx>,
  ): Promise<number> => {
    this.#checkList("updateAll", entities);
    const given = entities.map((entity, index) =>
      naming(index, () => ({ entity, history: this.#historyOf(entity) })),
    );
    this.#refuseRepeatedEntities(given.map(({ history }) => history));
    const members = begun(given);
    const count = members.reduce((sum, member) => sum + eventsOf(member), 0);
    await this.#writeAll("updateAll", members, options?.tx);
    return count;
  };

  #decided(given: unknown): History {
    const isCaller = this.#model.idSource === "caller";
    const { id, input } = isCaller ? ((given ?? {}) as GivenInput) : { input: given };
    const chosen = newEntityId(this.#model, this.#ambient, "createAll", id);
    return decideCreation(this.#model, chosen, this.#ambient, input);
  }

  async #writeAll(call: string, members: readonly Member[], tx: Join<Tx>): Promise<void> {
    if (members.length === 0) return;
    await this.#hook.around(call, tx, members, (join) => this.#append(members, join));
  }

  async #append(members: readonly Member[], tx: Join<Tx>): Promise<void> {
    const durability = await this.#tryWriteAll(members, tx);
    for (const { history, pending } of members) {
      const end = history.endWrite(pending);
      if (durability.kind === "open") durability.onEnd(end);
      else end(durability.kind);
    }
  }

  async #tryWriteAll(members: readonly Member[], tx: Join<Tx>): Promise<Durability> {
    try {
      const touched = await this.#touch(members, tx);
      const own = members.filter(({ pending }) => pending.events.length > 0);
      return own.length === 0 ? touched : await this.#writeOwn(own, tx);
    } catch (error) {
      const end = error instanceof OutcomeUnknownError ? "unknown" : "rolledBack";
      for (const { history } of members) history.failWrite(end);
      throw error;
    }
  }

  /** Raises the revisions of the trees that exist, before anything of them is written. */
  async #touch(members: readonly Member[], tx: Join<Tx>): Promise<Durability> {
    const trees = members.flatMap((member) => {
      const { expectedVersion, revision } = member.pending;
      return expectedVersion > 0 && revision !== undefined ? [{ member, revision }] : [];
    });
    if (trees.length === 0) return { kind: "committed" };
    const marks = trees.map(({ member: { history, pending }, revision }) => ({
      id: history.id,
      scope: scopeValues(this.#model, pending),
      revision,
    }));
    const result = await this.#store.touch(marks, tx);
    if (result.kind === "written") return result.durability;
    const { history, pending, index } = (trees[result.at] as (typeof trees)[number]).member;
    const write = touchingWrite(this.#model, history.id, pending, undefined);
    throw atBatchIndex(refusal(this.#model, write, { kind: "conflict" }), index);
  }

  async #writeOwn(members: readonly Member[], tx: Join<Tx>): Promise<Durability> {
    try {
      const writes = this.#writesOf(members, tx);
      const repeated = repeatedValue(this.#model.plan, writes);
      const result = repeated ?? (await this.#store.writeAll(writes, tx));
      if (result.kind === "written") return result.durability;
      throw batchRefusal(this.#model, writes, result);
    } catch (error) {
      throw atGivenPlace(members, error);
    }
  }

  #writesOf(members: readonly Member[], tx: Join<Tx>): readonly BatchWrite[] {
    const events = members.reduce((sum, { pending }) => sum + pending.events.length, 0);
    const recording = { ...this.#recording(events), ...recordingIn(tx) };
    return members.map(({ history, pending }, at) =>
      naming(at, () => batchWrite(this.#model, history, pending, recording)),
    );
  }

  #historyOf(entity: unknown): History {
    // What callers without types pass may be anything.
    return ownHistory(this.#model, Object(entity), "updateAll");
  }

  #checkList(call: string, given: unknown): void {
    if (Array.isArray(given)) return;
    throw this.#invalidArgument(`${call}() was given no list`, "Pass an array.");
  }

  #refuseRepeatedIds(histories: readonly History[]): void {
    const at = repeatedAt(histories);
    if (at === undefined) return;
    const { id } = histories[at] as History;
    throw atBatchIndex(new EntityAlreadyExistsError({ entity: this.#model.plan.name, id }), at);
  }

  #refuseRepeatedEntities(histories: readonly History[]): void {
    const at = repeatedAt(histories);
    if (at === undefined) return;
    const { id } = histories[at] as History;
    const error = this.#invalidArgument(
      `updateAll() was given the entity "${id}" twice`,
      "Give each entity once, as one instance that has all its pending events.",
    );
    throw atBatchIndex(error, at);
  }

  #invalidArgument(problem: string, hint: string): InvalidArgumentError {
    return new InvalidArgumentError(this.#model.plan.name, problem, hint);
  }
}

/** How many events are written of an entity and of what is below it. */
const eventsOf = ({ history, pending }: Member): number =>
  pending.events.length + unwrittenBelow(history).length;

interface GivenInput {
  readonly id?: unknown;
  readonly input?: unknown;
}

/** Begins the write of each entity that has something pending; of none, when one refuses. */
const begun = (given: readonly Pick<Appending, "entity" | "history">[]): readonly Member[] => {
  const members: Member[] = [];
  try {
    for (const [index, { entity, history }] of given.entries()) {
      const pending = naming(index, () => beginRoot(history));
      if (pending !== undefined) members.push({ entity, history, pending, index });
    }
    return members;
  } catch (error) {
    for (const { history } of members) history.failWrite("rolledBack");
    throw error;
  }
};

const repeatedAt = (histories: readonly History[]): number | undefined => {
  const ids = new Set<string>();
  const at = histories.findIndex(({ id }) => ids.size === ids.add(id).size);
  return at === -1 ? undefined : at;
};

/** Adds to an error which member of the list it came from. */
const naming = <Result>(index: number, step: () => Result): Result => {
  try {
    return step();
  } catch (error) {
    throw error instanceof AnnalsError ? atBatchIndex(error, index) : error;
  }
};

/** Those without pending events are left out of the writes, and count in the list that was given. */
const atGivenPlace = (members: readonly Member[], error: unknown): unknown => {
  if (!(error instanceof AnnalsError) || error.batchIndex === undefined) return error;
  return atBatchIndex(error, members[error.batchIndex]?.index ?? error.batchIndex);
};
