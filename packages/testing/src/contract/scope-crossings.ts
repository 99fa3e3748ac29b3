import { decide } from "@annals/core";
import type { OpaqueTx } from "./bench.ts";
import type { scopedProjects } from "./scoped-projects.ts";

export type Tenant = Awaited<ReturnType<typeof scopedProjects>>["acme"];
type Project = Awaited<ReturnType<Tenant["findById"]>>;

/** What somebody in one scope has got hold of, from another scope. */
export interface Loot {
  readonly id: string;
  readonly code: string;
  readonly team: string;
  readonly entity: Project;
  readonly cursor: string | undefined;
  readonly key: string;
}

export interface Attack extends Loot {
  readonly includeDeleted: boolean;
  readonly tx: OpaqueTx | undefined;
}

type Crossing = (from: Tenant, attack: Attack) => Promise<unknown>;

const options = ({ includeDeleted, tx }: Attack) => ({ includeDeleted, ...(tx && { tx }) });
const joined = ({ tx }: Attack) => (tx === undefined ? {} : { tx });

const deletedToo = ({ includeDeleted }: Attack) => ({ includeDeleted });

const walked = async <Item>(walk: AsyncIterable<Item>): Promise<Item[]> => {
  const items: Item[] = [];
  for await (const item of walk) items.push(item);
  return items;
};

type Place = ReturnType<Tenant["byId"]> | ReturnType<Tenant["maybeById"]>;

const deciding = (place: Place, attack: Attack) =>
  decide([place], (one) => one?.change({ team: "crossed" }), joined(attack));

/**
 * For every call of a repository, how somebody could try to reach another scope by it. A call that is not
 * here does not compile, so that no new one goes without an attempt.
 */
export const crossings: Readonly<Record<keyof Tenant, Crossing>> = {
  create: (from, attack) =>
    from.create({ code: attack.code }, { id: attack.id, ...joined(attack) }),
  createAll: (from, attack) =>
    from.createAll([{ id: attack.id, input: { code: attack.code } }], joined(attack)),
  createOrFind: (from, attack) =>
    from.createOrFind({ code: attack.code }, { id: attack.id, ...joined(attack) }),
  update: (from, attack) => from.update(attack.entity, joined(attack)),
  updateAll: (from, attack) => from.updateAll([attack.entity], joined(attack)),
  delete: (from, attack) => from.delete(attack.entity, joined(attack)),
  restore: (from, attack) => from.restore(attack.entity, joined(attack)),
  transact: (from, attack) =>
    from.transact(
      attack.includeDeleted ? attack.id : async () => attack.entity,
      (one) => one.change({ team: "crossed" }),
      { idempotencyKey: attack.key, ...joined(attack) },
    ),
  byId: (from, attack) => deciding(from.byId(attack.id), attack),
  maybeById: (from, attack) => deciding(from.maybeById(attack.id, deletedToo(attack)), attack),
  byCode: (from, attack) => deciding(from.byCode(attack.code), attack),
  maybeByCode: (from, attack) => deciding(from.maybeByCode(attack.code), attack),
  byBudget: (from, attack) => deciding(from.byBudget(1), attack),
  maybeByBudget: (from, attack) => deciding(from.maybeByBudget(1, deletedToo(attack)), attack),
  byTeamAndCode: (from, attack) => deciding(from.byTeamAndCode(attack), attack),
  maybeByTeamAndCode: (from, attack) => deciding(from.maybeByTeamAndCode(attack), attack),
  creator: (from, attack) =>
    decide(
      [from.creator()],
      (create) => create({ code: attack.code }, { id: attack.id }),
      joined(attack),
    ),
  findById: (from, attack) => from.findById(attack.id, options(attack)),
  maybeFindById: (from, attack) =>
    from.maybeFindById(attack.id, { ...options(attack), asOf: { version: 1 } }),
  findAll: (from, attack) => from.findAll([attack.id], options(attack)),
  findByCode: (from, attack) => from.findByCode(attack.code, options(attack)),
  maybeFindByCode: (from, attack) => from.maybeFindByCode(attack.code, options(attack)),
  findByBudget: (from, attack) => from.findByBudget(1, options(attack)),
  maybeFindByBudget: (from, attack) => from.maybeFindByBudget(1, options(attack)),
  findByTeamAndCode: (from, attack) => from.findByTeamAndCode(attack, options(attack)),
  maybeFindByTeamAndCode: (from, attack) => from.maybeFindByTeamAndCode(attack, options(attack)),
  list: (from, attack) =>
    from.list({ where: { or: [{ code: attack.code }, {}] }, ...options(attack) }),
  listByTeam: (from, attack) =>
    from.listByTeam(attack.team, { ...options(attack), after: attack.cursor }),
  listByTenantId: (from, attack) =>
    from.listByTenantId({ not: "nobody" }, { ...options(attack), before: attack.cursor }),
  pages: (from, attack) =>
    walked(from.pages({ where: { not: { code: "no" } }, ...options(attack) })),
  each: (from, attack) => walked(from.each({ where: { code: attack.code }, ...options(attack) })),
  count: (from, attack) => from.count({ where: { code: attack.code }, ...options(attack) }),
  exists: (from, attack) => from.exists({ where: { code: attack.code }, ...options(attack) }),
  history: (from, attack) => from.history(attack.id, options(attack)),
  eachEvent: (from, attack) => walked(from.eachEvent(attack.id, options(attack))),
};
