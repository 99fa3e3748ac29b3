import type { BenchmarkDatabase } from "../database.ts";

/** Opens what a database has one of; later callers get the same. */
export const oncePerDatabase = <Opened>(
  open: (database: BenchmarkDatabase) => Promise<Opened>,
): ((database: BenchmarkDatabase) => Promise<Opened>) => {
  const opened = new WeakMap<BenchmarkDatabase, Promise<Opened>>();
  return (database) => {
    const made = opened.get(database) ?? open(database);
    opened.set(database, made);
    return made;
  };
};
