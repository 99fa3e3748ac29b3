import { consumers } from "@annals/kysely-adapter";
import type { openDatabase } from "./database.ts";

type Db = ReturnType<typeof openDatabase>;

// #region health
/** One line for each consumer that needs somebody, with what it fails on. */
export const needingSomebody = async (db: Db): Promise<string[]> => {
  const all = await consumers(db).health();
  return all
    .filter(({ condition }) => condition === "stuck")
    .map(({ name, because, slots }) => {
      const failing = slots.find((slot) => slot.failing !== null)?.failing;
      return `${name}: ${because} ${failing?.eventType ?? ""} ${failing?.error?.message ?? ""}`.trim();
    });
};
// #endregion
