import { describe, expect, it } from "vitest";
import { uuidV7Source } from "./uuid-v7.ts";

const V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe("uuidV7Source", () => {
  it("makes version 7 ids that carry the time", () => {
    const id = uuidV7Source(() => 0x0189_0a5d_ac96)();
    expect(id).toMatch(V7);
    expect(id.slice(0, 13)).toBe("01890a5d-ac96");
  });

  it("makes ids that rise strictly within a millisecond, beyond the counter's range", () => {
    const next = uuidV7Source(() => 1_700_000_000_000);
    const ids = Array.from({ length: 10_000 }, next);
    expect(ids).toEqual(ids.toSorted());
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("makes ids that rise when the clock is set back", () => {
    let now = 1_700_000_000_000;
    const next = uuidV7Source(() => now);
    const before = next();
    now -= 5_000;
    expect(next() > before).toBe(true);
  });
});
