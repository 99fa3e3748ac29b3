import type { Predicate } from "../port/rows.ts";
import type { Join, Visibility } from "../port/store.ts";
import type { Sealing } from "./sealing.ts";

/** Hashes the values that children are chosen by. */
export const visibilitySealer =
  <Tx>({ childHashes }: Pick<Sealing<Tx>, "childHashes">) =>
  async <Seen extends Visibility | undefined>(seen: Seen, join: Join<Tx>): Promise<Seen> => {
    const asked = Object.entries(seen?.childrenWhere ?? {});
    if (asked.length === 0) return seen;
    const hashed = asked.map(async ([kind, where]): Promise<[string, Predicate]> => {
      const hashes = childHashes.get(kind);
      return [kind, hashes === undefined ? where : await hashes.predicate(where, join)];
    });
    return { ...seen, childrenWhere: Object.fromEntries(await Promise.all(hashed)) };
  };
