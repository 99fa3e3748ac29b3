import { entityWrite, type Recording, refusal, touchingWrite } from "../append/entity-write.ts";
import type { Ambient } from "../decide/ambient.ts";
import { decideCreation } from "../decide/decide.ts";
import type { History } from "../decide/history.ts";
import { newEntityId } from "../decide/new-id.ts";
import type { PendingWrite } from "../decide/pending-write.ts";
import { beginRoot, unwrittenBelow } from "../decide/tree-pending.ts";
import type { EntityModel } from "../define/entity-model.ts";
import { IdempotencyKeyReusedError, OutcomeUnknownError } from "../errors/append-errors.ts";
import type { Durability, EarlierRequest, Idempotency } from "../port/rows.ts";
import type { EntityStore, Join } from "../port/store.ts";
import { hydrate } from "../read/hydrate.ts";
import type { OnceOptions } from "./call-options.ts";
import type { IdempotencyKeys } from "./idempotency.ts";
import { ownHistory } from "./own-history.ts";
import { recordingIn } from "./recording.ts";
import type { Appending, AroundAppend } from "./repository-hooks.ts";

/** What an earlier request with the same key came to. */
interface Replay {
  readonly history: History;
  /** How many events it wrote. */
  readonly events: number;
}

type Written = { readonly durability: Durability } | { readonly replay: Replay };

/** The writing calls behind a repository, free of the user's types. */
export class Writes<Tx> {
  readonly #model: EntityModel;
  readonly #store: EntityStore<Tx>;
  readonly #ambient: Ambient;
  readonly #recording: (events: number) => Recording;
  readonly #keys: IdempotencyKeys;
  readonly #toEntity: (history: History) => object;
  readonly #hook: AroundAppend<Tx>;

  constructor(
    model: EntityModel,
    store: EntityStore<Tx>,
    ambient: Ambient,
    recording: (events: number) => Recording,
    keys: IdempotencyKeys,
    toEntity: (history: History) => object,
    hook: AroundAppend<Tx>,
  ) {
    this.#model = model;
    this.#store = store;
    this.#ambient = ambient;
    this.#recording = recording;
    this.#keys = keys;
    this.#toEntity = toEntity;
    this.#hook = hook;
  }

  readonly create = async (
    input: unknown,
    options?: OnceOptions<Tx> & { readonly id?: unknown },
  ): Promise<object> => {
    const id = newEntityId(this.#model, this.#ambient, "create", options?.id);
    const idempotency =
      options?.idempotencyKey === undefined
        ? undefined
        : await this.#keys.of(options, "create", this.#isIdGiven ? id : undefined, input);
    let history: History;
    try {
      history = decideCreation(this.#model, id, this.#ambient, input);
    } catch (error) {
      return this.earlierOr(error, idempotency, options?.tx);
    }
    // Before anything is written, so that a hook that refuses it leaves nothing behind.
    const entity = this.#toEntity(history);
    const pending = history.beginWrite() as PendingWrite;
    const appending = { entity, history, pending };
    const replay = await this.#write("create", appending, options?.tx, idempotency);
    return replay === undefined ? entity : this.#toEntity(replay.history);
  };

  /** Decides a new entity, which the first `update` of it stores. */
  readonly draft = (input: unknown, options?: { readonly id?: unknown }): object => {
    const id = newEntityId(this.#model, this.#ambient, "create", options?.id);
    return this.#toEntity(decideCreation(this.#model, id, this.#ambient, input));
  };

  readonly update = async (entity: object, options?: OnceOptions<Tx>): Promise<number> => {
    const history = ownHistory(this.#model, entity, "update");
    const below = unwrittenBelow(history);
    const pending = beginRoot(history);
    if (pending === undefined) return 0;
    const bodies = () => [...pending.events, ...below].map(({ body }) => body);
    const idempotency =
      options?.idempotencyKey === undefined
        ? undefined
        : this.#keys.of(options, "update", history.id, bodies());
    const replay = await this.#write(
      "update",
      { entity, history, pending },
      options?.tx,
      idempotency,
    );
    if (replay !== undefined) history.replay(replay.history);
    return replay?.events ?? pending.events.length + below.length;
  };

  /**
   * Stores what is pending of an entity as the effect of a request, which may have had none.
   *
   * @returns the entity as an earlier request with the same key left it, or `undefined` when this is the
   * first one.
   */
  readonly updateOnce = async (
    entity: object,
    idempotency: Idempotency,
    tx: Join<Tx>,
  ): Promise<object | undefined> => {
    const history = ownHistory(this.#model, entity, "transact");
    const pending = beginRoot(history);
    const replay =
      pending === undefined
        ? await this.#recall(idempotency, tx)
        : await this.#write("transact", { entity, history, pending }, tx, idempotency);
    return replay && this.#toEntity(replay.history);
  };

  /**
   * Stores a request's key with an entity, and with it what is pending of that one, which may be nothing.
   *
   * @returns whether an earlier request has the key.
   */
  readonly updateWithKey = async (
    entity: object,
    idempotency: Idempotency,
    tx: Join<Tx>,
  ): Promise<boolean> => {
    const history = ownHistory(this.#model, entity, "decide");
    const pending = beginRoot(history);
    if (pending !== undefined) {
      return (
        (await this.#write("decide", { entity, history, pending }, tx, idempotency)) !== undefined
      );
    }
    const touching = { entity, history, pending: history.beginTouch(false) };
    return (await this.#append(touching, tx, idempotency)) !== undefined;
  };

  /**
   * What an earlier request with the same key came to, for one that failed before it could write.
   *
   * @throws `failure` when there was no earlier one.
   */
  readonly earlierOr = async (
    failure: unknown,
    idempotency: Idempotency | undefined,
    tx: Join<Tx>,
  ): Promise<object> => {
    if (idempotency === undefined) throw failure;
    const replay = await this.#recall(idempotency, tx).catch((error: unknown) => {
      // In a transaction that has failed nothing can be asked, and why it failed is what matters.
      throw error instanceof IdempotencyKeyReusedError ? error : failure;
    });
    if (replay === undefined) throw failure;
    return this.#toEntity(replay.history);
  };

  async #recall(idempotency: Idempotency, tx: Join<Tx>): Promise<Replay | undefined> {
    const earlier = await this.#store.recall(idempotency, tx);
    return earlier && this.#replayOf(earlier, idempotency);
  }

  #replayOf(earlier: EarlierRequest, { key: idempotencyKey }: Idempotency): Replay {
    if (earlier.kind === "keyReused") {
      throw new IdempotencyKeyReusedError({ entity: this.#model.plan.name, idempotencyKey });
    }
    const { entity, firstSequence } = earlier;
    const history = hydrate(this.#model, entity);
    history.replay(history);
    return { history, events: entity.version - firstSequence + 1 };
  }

  #write(
    call: string,
    appending: Appending,
    tx: Join<Tx>,
    idempotency: Idempotency | Promise<Idempotency> | undefined,
  ): Promise<Replay | undefined> {
    // A transaction may have to be opened before anybody awaits it.
    if (idempotency instanceof Promise) idempotency.catch(() => {});
    return this.#hook.around(
      call,
      tx,
      [appending],
      (join) => this.#append(appending, join, idempotency),
      (replay) => replay === undefined,
    );
  }

  async #append(
    { history, pending }: Appending,
    tx: Join<Tx>,
    idempotency: Idempotency | Promise<Idempotency> | undefined,
  ): Promise<Replay | undefined> {
    const written = await this.#tryWrite(history, pending, tx, idempotency);
    if ("replay" in written) {
      history.failWrite("rolledBack");
      return written.replay;
    }
    const { durability } = written;
    const end = history.endWrite(pending);
    if (durability.kind === "open") durability.onEnd(end);
    else end(durability.kind);
    return undefined;
  }

  async #tryWrite(
    history: History,
    pending: PendingWrite,
    tx: Join<Tx>,
    given: Idempotency | Promise<Idempotency> | undefined,
  ): Promise<Written> {
    try {
      const idempotency = given instanceof Promise ? await given : given;
      const isTouch = pending.events.length === 0;
      if (isTouch && pending.revision === undefined && idempotency === undefined) {
        return { durability: { kind: "committed" } };
      }
      const write = isTouch
        ? touchingWrite(this.#model, history.id, pending, idempotency)
        : entityWrite(
            this.#model,
            history.id,
            pending,
            this.#recordingOf(pending, tx),
            idempotency,
          );
      const result = await this.#store.write(write, tx);
      switch (result.kind) {
        case "written":
          return { durability: result.durability };
        case "replayed":
        case "keyReused":
          return { replay: this.#replayOf(result, idempotency as Idempotency) };
        default:
          throw refusal(this.#model, write, result);
      }
    } catch (error) {
      history.failWrite(error instanceof OutcomeUnknownError ? "unknown" : "rolledBack");
      throw error;
    }
  }

  #recordingOf({ events }: PendingWrite, tx: Join<Tx>): Recording {
    const recording = this.#recording(events.length);
    const inTransaction = recordingIn(tx);
    return inTransaction === undefined ? recording : { ...recording, ...inTransaction };
  }

  get #isIdGiven(): boolean {
    return this.#model.idSource === "caller";
  }
}
