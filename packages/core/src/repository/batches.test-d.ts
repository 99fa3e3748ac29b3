import { describe, expectTypeOf, it } from "vitest";
import * as z from "zod";
import { defineEntity } from "../define/define-entity.ts";
import type { Repository } from "./repository-type.ts";

const parts = {
  schema: z.object({ seat: z.string() }),
  events: { Sold: z.object({ seat: z.string() }) },
};

const Seat = defineEntity({
  ...parts,
  name: "seat",
  create: (input: { seat: string }) => ({ type: "Sold", ...input }),
  evolve: { Sold: (_, { seat }) => ({ seat }) },
  commands: { sell: (_, seat: string) => ({ type: "Sold", seat }) },
  index: { seat: { unique: true } },
});

const seatId = z.uuid().brand("SeatId");

const OwnSeat = defineEntity({
  ...parts,
  name: "ownSeat",
  id: seatId,
  idSource: "caller",
  create: (input: { seat: string }) => ({ type: "Sold", ...input }),
  evolve: { Sold: (_, { seat }) => ({ seat }) },
  commands: {},
  index: {},
});

const Counter = defineEntity({
  name: "counter",
  idSource: "caller",
  schema: z.object({}),
  events: { Started: z.object({}) },
  create: () => ({ type: "Started" }),
  evolve: { Started: () => ({}) },
  commands: {},
  index: {},
});

declare const seats: Repository<typeof Seat, "tx">;
declare const ownSeats: Repository<typeof OwnSeat, "tx">;
declare const counters: Repository<typeof Counter, "tx">;
declare const id: z.output<typeof seatId>;

describe("createAll", () => {
  it("takes inputs, or inputs with ids where callers choose them", async () => {
    const made = await seats.createAll([{ seat: "a" }], { tx: "tx" });
    expectTypeOf(made[0]?.state).toEqualTypeOf<{ readonly seat: string } | undefined>();
    made[0]?.sell("b");
    const own = await ownSeats.createAll([{ id, input: { seat: "a" } }]);
    expectTypeOf(own[0]?.id).toEqualTypeOf<typeof id | undefined>();
    await counters.createAll([{ id: "any" }]);

    // @ts-expect-error a seat's id is made by the repository
    seats.createAll([{ id, input: { seat: "a" } }]);
    // @ts-expect-error each input needs its id
    ownSeats.createAll([{ seat: "a" }]);
    // @ts-expect-error the id is branded
    ownSeats.createAll([{ id: "a", input: { seat: "a" } }]);
    // @ts-expect-error the input is missing
    ownSeats.createAll([{ id }]);
    // @ts-expect-error no such field
    seats.createAll([{ seat: "a", row: 1 }]);
  });
});

describe("updateAll", () => {
  it("takes entities of its own definition", async () => {
    const made = await seats.createAll([{ seat: "a" }]);
    expectTypeOf(seats.updateAll(made)).toEqualTypeOf<Promise<number>>();
    // @ts-expect-error entities of another definition
    ownSeats.updateAll(made);
  });
});

describe("createOrFind", () => {
  it("is there where callers choose ids", async () => {
    const { entity, created } = await ownSeats.createOrFind({ seat: "a" }, { id, tx: "tx" });
    expectTypeOf(created).toEqualTypeOf<boolean>();
    expectTypeOf(entity.id).toEqualTypeOf<typeof id>();
    await counters.createOrFind(undefined, { id: "any" });

    // @ts-expect-error without the id
    ownSeats.createOrFind({ seat: "a" });
    // @ts-expect-error a seat's id is made by the repository
    seats.createOrFind;
  });
});
