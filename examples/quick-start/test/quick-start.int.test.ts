import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { testDatabase } from "@annals/testing/vitest";
import { expect, it } from "vitest";

const database = await testDatabase();

it("runs as the README shows it", async () => {
  const main = join(import.meta.dirname, "../src/main.ts");
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--conditions=@annals/source", main],
    { env: { ...process.env, DATABASE_URL: database.connectionString } },
  );
  expect(stdout).toBe("Ada is x@example.com; 3 signups.\n");
});
