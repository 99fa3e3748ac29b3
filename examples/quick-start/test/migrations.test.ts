import { entityTablesSql } from "@annals/kysely-adapter";
import { expect, it } from "vitest";
import { User } from "../src/user.ts";

it("is the SQL that the definition generates, committed for review", async () => {
  await expect(entityTablesSql(User)).toMatchFileSnapshot("../migrations/0001_users.sql");
});
