import { DatabaseError } from "@annals/core";
import { expect, it } from "vitest";
import { openDatabase } from "./database.ts";
import { openUsers, openWelcome } from "./telemetry.ts";

it("watches without changing what comes back, errors included", async () => {
  const db = openDatabase("postgres://localhost:1/nowhere");
  await expect(openUsers(db).count()).rejects.toThrow(DatabaseError);
  const welcome = openWelcome(db, async () => {});
  expect(await welcome.catchUp({ signal: AbortSignal.abort() })).toBe(0);
  await db.destroy();
});
