/** Settings of a server whose data nobody keeps. */
export const disposable: Readonly<Record<string, string>> = {
  max_connections: "200",
  // Off by default in PostgreSQL; two-phase commits are among the things a reader must survive.
  max_prepared_transactions: "20",
  // A crash of the server loses nothing without it; only a crash of the machine would.
  fsync: "off",
};
