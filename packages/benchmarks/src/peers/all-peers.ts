import type { BenchmarkDatabase } from "../database.ts";
import { dcbUsers } from "./dcb.ts";
import { emmettUsers } from "./emmett.ts";
import type { PeerUsers } from "./peer-users.ts";
import { plainUsers } from "./plain-kysely.ts";

/** Everybody who does the same work, in the order in which they are shown. */
export const peersOf = async (database: BenchmarkDatabase): Promise<readonly PeerUsers[]> => [
  await emmettUsers(database),
  await dcbUsers(database),
  await plainUsers(database),
];
