import type { EntityModel } from "../define/entity-model.ts";
import { KeysRequiredError } from "../errors/erase-errors.ts";
import type { KeyProvider } from "../port/key-provider.ts";
import type { Store } from "../port/store.ts";
import { ColumnHashes } from "./column-hashes.ts";
import { DataKeys } from "./data-keys.ts";
import { Vault } from "./vault.ts";

/** What seals and opens the personal values of one entity, and opens those of its children. */
export interface Sealing<Tx> {
  readonly model: EntityModel;
  readonly vault: Vault<Tx>;
  readonly hashes: ColumnHashes<Tx>;
  /** The same for the columns of each kind of children. */
  readonly childHashes: ReadonlyMap<string, ColumnHashes<Tx>>;
}

/**
 * Opens what seals an entity's values; `undefined` where nothing is personal in it or below it, which is the
 * whole cost then.
 *
 * @throws KeysRequiredError
 */
export const sealingOf = <Tx>(
  model: EntityModel,
  store: Pick<Store<Tx>, "subjects">,
  keys: KeyProvider | undefined,
): Sealing<Tx> | undefined => {
  const personal = familyOf(model).filter(({ erasure }) => erasure !== undefined);
  if (personal.length === 0) return undefined;
  const sealed = personal.find(needsKeys);
  if (sealed !== undefined && keys === undefined) throw new KeysRequiredError(sealed.plan.name);
  const { plan } = model;
  const dataKeys = new DataKeys<Tx>(plan.name, store.subjects(), keys);
  const childHashes = new Map(
    model.children.map((kind) => [kind.name, new ColumnHashes(kind.model.plan, dataKeys)]),
  );
  const hashes = new ColumnHashes(plan, dataKeys);
  return { model, vault: new Vault(dataKeys), hashes, childHashes };
};

/** An entity with all kinds of children, and theirs. */
const familyOf = (model: EntityModel): readonly EntityModel[] => [
  model,
  ...model.children.flatMap((child) => familyOf(child.model)),
];

const needsKeys = ({ plan, erasure }: EntityModel): boolean =>
  erasure?.method === "crypto-shredding" || plan.columns.some(({ isHash }) => isHash);
