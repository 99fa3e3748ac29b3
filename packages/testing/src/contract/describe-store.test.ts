import { describe, expect, it } from "vitest";
import { contract } from "./contract-groups.ts";
import { describeStore } from "./describe-store.ts";

const neverOpened = () => Promise.reject(new Error("opened"));
const skip = (...cases: readonly string[]) =>
  describeStore("a store", neverOpened, { reason: "x", cases });

describe("describeStore", () => {
  it("refuses to skip what is no case", () => {
    expect(() => skip("no such case")).toThrow('The contract has no case "no such case" to skip');
  });

  it("refuses to skip what every store can do", () => {
    expect(() => skip("a garbage id is not found")).toThrow("No store may skip");
  });

  it("leaves few cases that may be skipped, and none by two names", () => {
    const cases = contract.flatMap((group) => group.cases);
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
    expect(cases.filter(({ need }) => need !== undefined).length).toBeLessThan(20);
  });
});
