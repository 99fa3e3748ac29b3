import type { Entity } from "../decide/entity.ts";
import type { AnyEntity, IdOf } from "../define/entity-definition.ts";
import type { CallOptions } from "./call-options.ts";
import type { ListOptions, Page, WalkOptions } from "./list-type.ts";
import type { WhereOf } from "./where-type.ts";

/** The calls that read and are not named after a column. */
export interface ReadMethods<Definition extends AnyEntity, Tx> {
  /** @throws EntityNotFoundError */
  findById(id: IdOf<Definition>, options?: CallOptions<Tx>): Promise<Entity<Definition>>;

  maybeFindById(
    id: IdOf<Definition>,
    options?: CallOptions<Tx>,
  ): Promise<Entity<Definition> | undefined>;

  /** The entities with these ids that exist, by id: a UUID in small letters. */
  findAll(
    ids: Iterable<IdOf<Definition>>,
    options?: CallOptions<Tx>,
  ): Promise<Map<IdOf<Definition>, Entity<Definition>>>;

  /**
   * One page of entities, found and ordered by index columns, with their events, in one statement.
   *
   * @throws InvalidArgumentError for a page size out of range, or a cursor of another order.
   */
  list(options?: ListOptions<Definition> & CallOptions<Tx>): Promise<Page<Entity<Definition>>>;

  /** Every page of a list, one after the other. `first` is the size of a page. */
  pages(
    options?: WalkOptions<Definition> & CallOptions<Tx>,
  ): AsyncIterableIterator<Page<Entity<Definition>>>;

  /** Every entity of a list, in bounded memory. `first` is how many are read at once. */
  each(
    options?: WalkOptions<Definition> & CallOptions<Tx>,
  ): AsyncIterableIterator<Entity<Definition>>;

  /** How many entities fulfil the condition. Reads index rows only, but all that fulfil it. */
  count(options?: { readonly where?: WhereOf<Definition> } & CallOptions<Tx>): Promise<number>;

  /** Whether any entity fulfils the condition. */
  exists(options?: { readonly where?: WhereOf<Definition> } & CallOptions<Tx>): Promise<boolean>;
}
