import {
  ConcurrentModificationError,
  DuplicateValueError,
  EntityAlreadyExistsError,
  EntityUnusableError,
  InvalidArgumentError,
  InvalidEventError,
} from "@annals/core";
import { expect } from "vitest";
import { inputs, parcelId } from "../batch-inputs.ts";
import { contractGroup } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";
import { defineParcel } from "../entities/parcel.ts";
import { thrownBy } from "../thrown-by.ts";

export const refusedBatches = contractGroup("batches that are refused", {
  "an id that is taken refuses the whole of createAll, and is named": async (bench) => {
    const parcels = await bench.repository(defineParcel);
    await parcels.create(undefined, { id: parcelId("bb") });
    const ids = [parcelId("aa"), parcelId("bb"), parcelId("cc")];
    const taken = parcels.createAll(ids.map((id) => ({ id })));
    const error = await thrownBy(taken, EntityAlreadyExistsError);
    expect(error).toMatchObject({ id: parcelId("bb"), batchIndex: 1 });
    expect(await parcels.count()).toBe(1);
    const twice = parcels.createAll([{ id: parcelId("dd") }, { id: parcelId("dd") }]);
    const again = await thrownBy(twice, EntityAlreadyExistsError);
    expect(again).toMatchObject({ id: parcelId("dd"), batchIndex: 1 });
    expect(await parcels.count()).toBe(1);
  },

  "an input that is refused refuses the whole of createAll": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const bad = [...inputs("a"), { email: "b@example.com", name: "\u0000" }];
    const error = await thrownBy(accounts.createAll(bad), InvalidEventError);
    expect(error.batchIndex).toBe(1);
    expect(await accounts.count()).toBe(0);
    await thrownBy(accounts.createAll(undefined as never), InvalidArgumentError);
  },

  "a taken value refuses the whole of createAll, and names input and value": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    await accounts.create({ email: "taken@example.com" });
    const some = [...inputs("a", "b"), { email: "TAKEN@example.com" }, ...inputs("c")];
    const error = await thrownBy(accounts.createAll(some), DuplicateValueError);
    expect(error).toMatchObject({
      batchIndex: 2,
      columns: ["email"],
      values: ["taken@example.com"],
    });
    expect(error.message).not.toContain("@");
    const repeated = [...inputs("a", "b"), { email: "A@example.com" }];
    const second = await thrownBy(accounts.createAll(repeated), DuplicateValueError);
    expect(second).toMatchObject({ batchIndex: 2, columns: ["email"], values: ["a@example.com"] });
    expect(await accounts.count()).toBe(1);
    expect(await accounts.createAll(inputs("a", "b", "c"))).toHaveLength(3);
  },

  "one entity in conflict refuses all, is named, and leaves every other as it was": async (
    bench,
  ) => {
    const accounts = await bench.repository(defineAccount);
    const made = await accounts.createAll(inputs("a", "b", "c", "d"));
    const rival = await accounts.findById(made[2]?.id as string);
    rival.rename("rival");
    await accounts.update(rival);
    for (const one of made.slice(1)) one.rename(`new ${one.state.name}`);
    const error = await thrownBy(accounts.updateAll(made), ConcurrentModificationError);
    expect(error).toMatchObject({ id: made[2]?.id, expectedVersion: 1, batchIndex: 2 });
    expect(made.map(({ version }) => version)).toEqual([1, 1, 1, 1]);
    expect(made.map(({ pending }) => pending.length)).toEqual([0, 1, 1, 1]);
    const read = await accounts.findAll(made.map(({ id }) => id));
    expect(made.map(({ id }) => read.get(id)?.version)).toEqual([1, 1, 2, 1]);
    expect(await accounts.updateAll(made.filter((_, at) => at !== 2))).toBe(2);
  },

  "an entity that does not exist is a conflict": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const others = await bench.repository(defineAccount);
    const [here] = await accounts.createAll(inputs("a"));
    const [there] = await others.createAll(inputs("b"));
    here?.rename("x");
    const foreign = accounts.updateAll([here, there] as never);
    const error = await thrownBy(foreign, InvalidArgumentError);
    expect(error.batchIndex).toBe(1);
    expect(await accounts.updateAll([here] as never)).toBe(1);
  },

  "an entity given twice is an error": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const made = await accounts.createAll(inputs("a", "b"));
    const copy = await accounts.findById(made[0]?.id as string);
    made[0]?.rename("one");
    copy.rename("other");
    for (const twice of [
      [made[0], made[1], made[0]],
      [made[0], made[1], copy],
    ] as never[]) {
      const error = await thrownBy(accounts.updateAll(twice), InvalidArgumentError);
      expect(error.batchIndex).toBe(2);
      expect(error.message).toContain(made[0]?.id);
    }
    expect((await accounts.findById(copy.id)).version).toBe(1);
    expect(await accounts.update(made[0] as never)).toBe(1);
  },

  "what is no entity is refused": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    for (const garbage of [undefined, null, {}, "text", [1], [undefined], [{}]] as never[]) {
      await thrownBy(accounts.updateAll(garbage), InvalidArgumentError);
    }
  },

  "an entity that is being written refuses the batch, and the others stay usable": async (
    bench,
  ) => {
    const accounts = await bench.repository(defineAccount);
    const made = await accounts.createAll(inputs("a", "b"));
    for (const one of made) one.rename("x");
    const [first, second] = await Promise.allSettled([
      accounts.updateAll(made),
      accounts.updateAll(made),
    ]);
    expect(first).toMatchObject({ status: "fulfilled", value: 2 });
    expect(second).toMatchObject({ reason: expect.any(EntityUnusableError) });
    for (const one of made) one.rename("y");
    expect(await accounts.updateAll(made)).toBe(2);
  },
});
