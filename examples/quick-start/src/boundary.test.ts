import { expect, it } from "vitest";
import { accounts, isTooLittle, receipts, spend, total, transfer } from "./boundary.ts";

it("decides over several entities as the guide shows", async () => {
  const [ada, bob] = await accounts.createAll(["ada", "bob"]);
  const [a, b] = [ada?.id ?? "", bob?.id ?? ""];
  await accounts.transact(a, (account) => account.deposit(100));
  expect(await transfer("ada", "bob", 30, "key-1")).toMatch(/^receipt /);
  expect(await transfer("ada", "bob", 30, "key-1")).toBe("had been done");
  expect(await receipts.count()).toBe(1);
  await spend(b, a, 60);
  // Each alone could, both together cannot.
  const twice = await Promise.allSettled([spend(a, b, 40), spend(b, a, 40)]);
  expect(twice.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  expect(await total(["ada", "bob", "nobody"])).toBe(0);
  expect(isTooLittle(await spend(a, b, 1).catch((error: unknown) => error))).toBe(true);
});
