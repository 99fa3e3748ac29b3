import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { entityTablesSql, migrate } from "@annals/kysely-adapter";
import type { Kysely } from "kysely";
import { Member } from "./project/member.ts";

/** Makes the tables of the test project. */
export const migrated = async (db: Kysely<unknown>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "annals-cli-"));
  await writeFile(join(folder, "0001_members.sql"), entityTablesSql(Member));
  await migrate(db, { folder });
  await rm(folder, { recursive: true });
};
