import type { BenchmarkDatabase } from "../database.ts";
import { emmettUsers } from "./emmett.ts";
import type { PeerUsers } from "./peer-users.ts";
import { plainUsers } from "./plain-kysely.ts";

/** Everybody who does the same work, in the order in which they are shown. */
export const peersOf = async (database: BenchmarkDatabase): Promise<readonly PeerUsers[]> => [
  await emmettUsers(database),
  await plainUsers(database),
];
