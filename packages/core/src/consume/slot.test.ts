import { describe, expect, it } from "vitest";
import type { SlottedEvent } from "../port/consumer-store.ts";
import { Slot } from "./slot.ts";

const event = (position: number): SlottedEvent => ({
  topic: "t",
  id: "e",
  sequence: position,
  position,
  recordedAt: new Date(0),
  context: null,
  headers: null,
  body: { type: "E" },
  bytes: null,
  slot: 0,
});

const read = (upTo: number, life: string) => ({ events: [], upTo, more: false, life, version: 0 });

const slotAt = (position: number): Slot =>
  new Slot(
    { slot: 0, epoch: 1, position, moves: 0, losses: 0, suspect: undefined },
    Infinity,
    undefined,
  );

describe("a slot that forgets what was read while some of it is in hand", () => {
  it("keeps nothing of it when that is put back, and takes no later reading for its continuation", () => {
    const slot = slotAt(0);
    slot.fill(0, [event(1), event(2)], read(100, "first life"));
    const batch = slot.take(1);
    slot.forget();
    // A reading of the next life begins where the last one ended.
    slot.fill(100, [], read(150, "second life"));
    slot.putBack(batch.events);
    expect([slot.waiting, slot.readTo, slot.position]).toEqual([0, 0, 0]);
    slot.fill(0, [event(1)], read(50, "second life"));
    expect([slot.waiting, slot.readTo, slot.life]).toEqual([1, 50, "second life"]);
  });

  it("goes on from the checkpoint when that was handled after all", () => {
    const slot = slotAt(0);
    slot.fill(0, [event(1), event(2)], read(100, "first life"));
    const { to } = slot.take(1);
    slot.forget();
    slot.moved(to);
    expect([slot.waiting, slot.readTo, slot.position]).toEqual([0, 1, 1]);
  });
});
