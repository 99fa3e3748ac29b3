import {
  type AnyEntity,
  type AnyPublishedTopic,
  createStoreRepository,
  createStoreTopic,
  type RepositoryFor,
  type RepositoryHooks,
  type RepositoryOptions,
  type Topic,
  type TopicOptions,
  type TransactionHooks,
} from "@annals/core";
import type { Store } from "@annals/core/adapter";
import type { StoreUnderTest, TransactionUnderTest } from "./store-under-test.ts";

declare const opaque: unique symbol;

/** A transaction of whatever store is tested: cases pass it on and use what all of ours have. */
export interface OpaqueTx extends TransactionHooks<OpaqueTx> {
  readonly [opaque]: true;
}

let definitions = 0;
const run = Math.floor(Math.random() * 36 ** 4).toString(36);

/** What a case works with: the store, and definitions that no other case uses. */
export class Bench {
  readonly store: Store<OpaqueTx>;
  readonly #subject: StoreUnderTest<OpaqueTx>;

  constructor(subject: StoreUnderTest<OpaqueTx>) {
    this.#subject = subject;
    this.store = subject.store;
  }

  transaction<Result>(
    work: (tx: OpaqueTx) => Promise<Result>,
    options?: TransactionUnderTest,
  ): Promise<Result> {
    return this.#subject.transaction(work, options);
  }

  userTransaction<Result>(work: (tx: OpaqueTx) => Promise<Result>): Promise<Result> {
    return this.#subject.userTransaction(work);
  }

  /** A definition under a name of its own, ready to be used. */
  async define<Definition extends AnyEntity>(
    make: (name: string) => Definition,
  ): Promise<Definition> {
    definitions += 1;
    const definition = make(`c${run}n${definitions}x`);
    await this.#subject.prepare([definition]);
    return definition;
  }

  /** Several definitions that belong together, parents first, under names of their own. */
  async defineAll<Definitions extends { readonly all: readonly AnyEntity[] }>(
    make: (name: string) => Definitions,
  ): Promise<Definitions> {
    definitions += 1;
    const made = make(`c${run}n${definitions}x`);
    await this.#subject.prepare(made.all);
    return made;
  }

  /** A topic of its own under a name that no other case uses, ready to be published to. */
  async topic<Definition extends AnyPublishedTopic>(
    make: (name: string) => Definition,
    options?: TopicOptions,
  ): Promise<{ readonly definition: Definition; readonly topic: Topic<Definition, OpaqueTx> }> {
    definitions += 1;
    const definition = make(`c${run}n${definitions}x`);
    await this.#subject.prepare([definition]);
    return { definition, topic: createStoreTopic(definition, this.store, options) };
  }

  /** The repository of a definition of its own. */
  async repository<Definition extends AnyEntity>(
    make: (name: string) => Definition,
    options?: RepositoryOptions & RepositoryHooks<Definition, OpaqueTx>,
  ): Promise<RepositoryFor<Definition, OpaqueTx, false>> {
    const definition = await this.define(make);
    const cache = this.#subject.caches === true && definition.plan.children.length === 0;
    return createStoreRepository(definition, this.store, { cache, ...options });
  }
}
