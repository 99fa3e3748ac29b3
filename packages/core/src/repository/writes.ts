import { entityWrite, type Recording, refusal } from "../append/entity-write.ts";
import type { Ambient } from "../decide/ambient.ts";
import { decideCreation } from "../decide/decide.ts";
import type { History, PendingWrite } from "../decide/history.ts";
import type { EntityModel } from "../define/entity-model.ts";
import { OutcomeUnknownError } from "../errors/append-errors.ts";
import { InvalidArgumentError } from "../errors/read-errors.ts";
import type { Durability } from "../port/rows.ts";
import type { EntityStore, Join } from "../port/store.ts";
import { scopeOf } from "../transaction/transaction-scope.ts";
import type { CallOptions } from "./call-options.ts";
import { ownHistory } from "./own-history.ts";

/** The writing calls behind a repository, free of the user's types. */
export class Writes<Tx> {
  readonly #model: EntityModel;
  readonly #store: EntityStore<Tx>;
  readonly #ambient: Ambient;
  readonly #recording: () => Recording;
  readonly #toEntity: (history: History) => object;

  constructor(
    model: EntityModel,
    store: EntityStore<Tx>,
    ambient: Ambient,
    recording: () => Recording,
    toEntity: (history: History) => object,
  ) {
    this.#model = model;
    this.#store = store;
    this.#ambient = ambient;
    this.#recording = recording;
    this.#toEntity = toEntity;
  }

  readonly create = async (
    input: unknown,
    options?: CallOptions<Tx> & { readonly id?: unknown },
  ): Promise<object> => {
    const history = decideCreation(this.#model, this.#idFor(options?.id), this.#ambient, input);
    const pending = history.beginWrite() as PendingWrite;
    await this.#write(history, pending, options?.tx);
    return this.#toEntity(history);
  };

  readonly update = async (entity: object, options?: CallOptions<Tx>): Promise<number> => {
    const history = ownHistory(this.#model, entity, "update");
    const pending = history.beginWrite();
    if (pending === undefined) return 0;
    await this.#write(history, pending, options?.tx);
    return pending.events.length;
  };

  async #write(history: History, pending: PendingWrite, tx: Join<Tx>): Promise<void> {
    const durability = await this.#tryWrite(history, pending, tx);
    const end = history.endWrite(pending);
    if (durability.kind === "open") durability.onEnd(end);
    else end(durability.kind);
  }

  async #tryWrite(history: History, pending: PendingWrite, tx: Join<Tx>): Promise<Durability> {
    try {
      const recording = { ...this.#recording(), ...recordingIn(tx) };
      const write = entityWrite(this.#model, history.id, pending, recording);
      const result = await this.#store.write(write, tx);
      if (result.kind === "written") return result.durability;
      throw refusal(this.#model, write, result);
    } catch (error) {
      history.failWrite(error instanceof OutcomeUnknownError ? "unknown" : "rolledBack");
      throw error;
    }
  }

  #idFor(given: unknown): string {
    if (this.#model.idSource === "generated") {
      if (given === undefined) return this.#generatedId();
      throw this.#invalidArgument(
        "create() was given an id, but this definition generates ids",
        'Leave it out, or define the entity with idSource: "caller".',
      );
    }
    const id = this.#model.parseId(given);
    if (id !== undefined) return id;
    throw this.#invalidArgument(
      "create() needs an id that fits the definition's id schema",
      "Pass a UUID as { id }.",
    );
  }

  #generatedId(): string {
    const made = this.#ambient.newId();
    if (this.#model.parseId(made) === made) return made;
    throw this.#invalidArgument(
      "newId made an id that does not fit the definition's id schema, or is spelled with capitals",
      "Give the repository a newId that fits, or the definition an id schema that takes UUIDv7.",
    );
  }

  #invalidArgument(problem: string, hint: string): InvalidArgumentError {
    return new InvalidArgumentError(this.#model.plan.name, problem, hint);
  }
}

/** A transaction that was given a clock has one time for all that is written in it. */
const recordingIn = <Tx>(tx: Join<Tx>): Pick<Recording, "recordedAt"> | undefined => {
  const recordedAt = typeof tx === "object" && tx !== null ? scopeOf(tx)?.recordedAt : undefined;
  return recordedAt && { recordedAt };
};
