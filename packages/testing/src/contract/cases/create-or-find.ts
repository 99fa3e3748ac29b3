import { DuplicateValueError, InvalidArgumentError } from "@annals/core";
import { expect } from "vitest";
import { contractGroup, needs } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";
import { defineParcel, toParcelId } from "../entities/parcel.ts";
import { defineTicket, toTicketId } from "../entities/ticket.ts";
import { thrownBy } from "../thrown-by.ts";

const PARCEL = toParcelId("0190b6f0-0000-7000-8000-0000000000aa");
const TICKET = toTicketId("0190b6f0-0000-7000-8000-0000000000aa");
const OTHER = toTicketId("0190b6f0-0000-7000-8000-0000000000bb");

export const createOrFind = contractGroup("createOrFind", {
  "it creates what is not there, and finds what is": async (bench) => {
    const parcels = await bench.repository(defineParcel);
    const first = await parcels.createOrFind(undefined, { id: PARCEL });
    expect(first).toMatchObject({ created: true, entity: { id: PARCEL, version: 1, pending: [] } });
    first.entity.move();
    await parcels.update(first.entity);
    const second = await parcels.createOrFind(undefined, { id: PARCEL });
    expect(second).toMatchObject({ created: false, entity: { id: PARCEL, version: 2 } });
    expect(second.entity.history).toEqual(first.entity.history);
    second.entity.move();
    expect(await parcels.update(second.entity)).toBe(1);
    expect(await parcels.count()).toBe(1);
  },

  "of many at once, one creates and all get the same": async (bench) => {
    const parcels = await bench.repository(defineParcel);
    const all = await Promise.all(
      Array.from({ length: 8 }, () => parcels.createOrFind(undefined, { id: PARCEL })),
    );
    expect(all.filter(({ created }) => created)).toHaveLength(1);
    for (const { entity } of all) expect(entity).toMatchObject({ id: PARCEL, version: 1 });
  },

  "what is there comes before a value that is taken": async (bench) => {
    const tickets = await bench.repository(defineTicket);
    await tickets.createOrFind({ seat: "A1" }, { id: TICKET });
    const again = await tickets.createOrFind({ seat: "A1" }, { id: TICKET });
    expect(again).toMatchObject({ created: false, entity: { state: { seat: "A1" } } });
    const taken = tickets.createOrFind({ seat: "A1" }, { id: OTHER });
    const error = await thrownBy(taken, DuplicateValueError);
    expect(error).toMatchObject({ id: OTHER, columns: ["seat"], values: ["A1"] });
    expect(await tickets.count()).toBe(1);
  },

  "what is deleted is there": async (bench) => {
    const tickets = await bench.repository(defineTicket);
    const { entity } = await tickets.createOrFind({ seat: "A1" }, { id: TICKET });
    await tickets.delete(entity);
    const again = await tickets.createOrFind({ seat: "A1" }, { id: TICKET });
    expect(again).toMatchObject({ created: false, entity: { isDeleted: true, version: 2 } });
  },

  "a transaction goes on after it found, and undoes what it created": async (bench) => {
    const parcels = await bench.repository(defineParcel);
    const other = toParcelId("0190b6f0-0000-7000-8000-0000000000cc");
    await parcels.createOrFind(undefined, { id: PARCEL });
    const rolledBack = bench.transaction(async (tx) => {
      const found = await parcels.createOrFind(undefined, { id: PARCEL, tx });
      expect(found.created).toBe(false);
      const made = await parcels.createOrFind(undefined, { id: other, tx });
      expect(made).toMatchObject({ created: true, entity: { version: 0 } });
      expect((await parcels.createOrFind(undefined, { id: other, tx })).created).toBe(false);
      throw new Error("rolled back");
    });
    await expect(rolledBack).rejects.toThrow("rolled back");
    expect(await parcels.maybeFindById(other)).toBeUndefined();
    await bench.transaction(async (tx) => {
      const { entity } = await parcels.createOrFind(undefined, { id: PARCEL, tx });
      entity.move();
      await parcels.update(entity, { tx });
    });
    expect((await parcels.findById(PARCEL)).version).toBe(2);
  },

  "it waits for who is just creating, and finds what comes of it": needs(
    "several connections",
    async (bench) => {
      const parcels = await bench.repository(defineParcel);
      let finding: ReturnType<typeof parcels.createOrFind> | undefined;
      await bench
        .transaction(async (tx) => {
          await parcels.create(undefined, { id: PARCEL, tx });
          finding = parcels.createOrFind(undefined, { id: PARCEL, tx: "none" });
          finding.catch(() => {});
          await new Promise((resolve) => setTimeout(resolve, 50));
        })
        .catch(() => {});
      const found = await finding;
      expect(found?.entity).toMatchObject({ id: PARCEL, version: 1 });
    },
  ),

  "it is there only where callers choose ids, and wants one": async (bench) => {
    const parcels = await bench.repository(defineParcel);
    const accounts = await bench.repository(defineAccount);
    expect("createOrFind" in accounts).toBe(false);
    for (const id of [undefined, "garbage"] as never[]) {
      await thrownBy(parcels.createOrFind(undefined, { id }), InvalidArgumentError);
    }
  },
});
