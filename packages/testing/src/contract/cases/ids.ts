import { EntityAlreadyExistsError, EntityNotFoundError, InvalidArgumentError } from "@annals/core";
import { expect } from "vitest";
import { contractGroup } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";
import { defineParcel, toParcelId } from "../entities/parcel.ts";
import { thrownBy } from "../thrown-by.ts";

const GARBAGE = ["", "garbage", "' or true --", "\u0000", "42", "0190b6f0", "{}"];
const ABSENT = "0190b6f0-0000-7000-8000-000000000000";
const PARCEL = toParcelId("0190b6f0-0000-7000-8000-0000000000aa");

export const ids = contractGroup("ids", {
  "ids are made by the repository": async (bench) => {
    const accounts = await bench.repository(defineAccount, { newId: () => ABSENT });
    const ada = await accounts.create({ email: "ada@example.com" });
    expect(ada.id).toBe(ABSENT);
    await thrownBy(accounts.create({ email: "b@example.com" }), EntityAlreadyExistsError);
  },

  "an absent id is not found": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    expect(await accounts.maybeFindById(ABSENT)).toBeUndefined();
    const error = await thrownBy(accounts.findById(ABSENT), EntityNotFoundError);
    expect(error.columns).toEqual(["id"]);
    expect(error.values).toEqual([ABSENT]);
    expect(error.message).not.toContain(ABSENT);
  },

  "a garbage id is not found": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    for (const id of [...GARBAGE, undefined, null, 42, {}] as string[]) {
      expect(await accounts.maybeFindById(id)).toBeUndefined();
      await thrownBy(accounts.findById(id), EntityNotFoundError);
    }
  },

  "an id in capitals is the same id": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "ada@example.com" });
    expect((await accounts.findById(ada.id.toUpperCase())).id).toBe(ada.id);
    const all = await accounts.findAll([ada.id.toUpperCase(), ada.id]);
    expect([...all.keys()]).toEqual([ada.id]);
  },

  "findAll gives each entity once, and none for ids that are missing or garbage": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "ada@example.com" });
    const bob = await accounts.create({ email: "bob@example.com" });
    bob.rename("Bob");
    await accounts.update(bob);
    await accounts.create({ email: "eve@example.com" });

    const all = await accounts.findAll([bob.id, ...GARBAGE, ada.id, ABSENT, bob.id]);
    expect(new Set(all.keys())).toEqual(new Set([ada.id, bob.id]));
    expect(all.get(bob.id)?.history).toEqual(bob.history);
    expect(all.get(ada.id)?.state).toEqual(ada.state);
    expect(await accounts.findAll([])).toEqual(new Map());
    expect(await accounts.findAll(GARBAGE)).toEqual(new Map());
    expect(await accounts.findAll([ABSENT])).toEqual(new Map());
    expect((await accounts.findAll(new Set([ada.id]))).size).toBe(1);
  },

  "the caller's own id is kept, in its one spelling": async (bench) => {
    const parcels = await bench.repository(defineParcel);
    const id = toParcelId("0190B6F0-0000-7000-8000-0000000000BB");
    const parcel = await parcels.create(undefined, { id });
    expect(parcel.id).toBe(id.toLowerCase());
    parcel.move();
    await parcels.update(parcel);
    expect((await parcels.findById(id)).state).toEqual({ stops: 1 });
  },

  "an id that is taken is refused, and its entity stays as it was": async (bench) => {
    const parcels = await bench.repository(defineParcel);
    const parcel = await parcels.create(undefined, { id: PARCEL });
    parcel.move();
    await parcels.update(parcel);
    const twice = parcels.create(undefined, { id: PARCEL });
    const error = await thrownBy(twice, EntityAlreadyExistsError);
    expect(error.id).toBe(PARCEL);
    const read = await parcels.findById(PARCEL);
    expect(read.version).toBe(2);
    expect(read.history).toEqual(parcel.history);
  },

  "create wants an id exactly where the definition says that callers choose it": async (bench) => {
    const parcels = await bench.repository(defineParcel);
    const accounts = await bench.repository(defineAccount);
    for (const id of [...GARBAGE, undefined] as never[]) {
      await thrownBy(parcels.create(undefined, { id }), InvalidArgumentError);
    }
    const given = { id: ABSENT } as object;
    await thrownBy(accounts.create({ email: "a@example.com" }, given), InvalidArgumentError);
    expect((await parcels.list()).items).toEqual([]);
    expect((await accounts.list()).items).toEqual([]);
  },
});
