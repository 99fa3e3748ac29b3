import { describe, expect, it } from "vitest";
import { Shipment } from "../../test/shipment.ts";
import { model as modelOf } from "../define/entity-definition.ts";
import {
  EntityAlreadyExistsError,
  EntityNotFoundError,
  type EntityOf,
  InvalidDecisionError,
} from "../index.ts";
import { decideCreation } from "./decide.ts";
import { entityFactory } from "./entity.ts";
import { historyOf } from "./entity-base.ts";

const a = "01890a5d-ac96-774b-bcce-b302099a805a";
const b = "01890a5d-ac96-774b-bcce-b302099a805b";
const c = "01890a5d-ac96-774b-bcce-b302099a805c";
const root = "01890a5d-ac96-774b-bcce-b302099a8050";

let made = 0;
const ambient = {
  now: () => new Date("2026-01-02T03:04:05.678Z"),
  newId: () => {
    made += 1;
    return `01890a5d-ac96-774b-bcce-${String(made).padStart(12, "0")}`;
  },
};

type Input = { to: string; parcels?: { id: string; grams: number; remarks?: string[] }[] };

const plan = (input: Input): EntityOf<typeof Shipment> => {
  const { [modelOf]: model } = Shipment;
  const history = decideCreation(model, root, ambient, input);
  return entityFactory(model, ambient)(history) as EntityOf<typeof Shipment>;
};

const twoParcels = () =>
  plan({
    to: "Ada",
    parcels: [
      { id: a, grams: 400 },
      { id: b, grams: 500 },
    ],
  });

const pendingOf = (shipment: EntityOf<typeof Shipment>) => ({
  shipment: shipment.pending.map(({ type }) => type),
  parcels: Object.fromEntries(
    shipment.parcels.list.map(({ id, pending, remarks }) => [
      id.slice(-1),
      [...pending.map(({ type }) => type), ...remarks.list.map(({ state }) => state.text)],
    ]),
  ),
});

describe("a tree", () => {
  it("is created with children and grandchildren", () => {
    const shipment = plan({
      to: "Ada",
      parcels: [
        { id: b, grams: 1 },
        { id: a, grams: 2, remarks: ["fragile", "this side up"] },
      ],
    });
    expect(pendingOf(shipment)).toEqual({
      shipment: ["ShipmentPlanned"],
      parcels: { b: ["ParcelPacked"], a: ["ParcelPacked", "fragile", "this side up"] },
    });
    expect(shipment.parcels.get(a).remarks.size).toBe(2);
    expect(JSON.parse(JSON.stringify(shipment)).parcels[1]).toEqual({
      id: a,
      version: 0,
      state: { grams: 2, sealed: false },
      remarks: [
        { id: expect.any(String), version: 0, state: { text: "fragile" } },
        { id: expect.any(String), version: 0, state: { text: "this side up" } },
      ],
    });
  });

  it("keeps in the first event of a child whose child it is", () => {
    const shipment = plan({ to: "Ada", parcels: [{ id: a, grams: 2, remarks: ["fragile"] }] });
    const parcel = historyOf(shipment)?.children.get("parcels")?.get(a);
    shipment.weigh(a, 3);
    expect(parcel?.beginWrite()?.events.map(({ body }) => body)).toEqual([
      { type: "ParcelPacked", grams: 2, $parent: root },
      { type: "ParcelWeighed", grams: 3 },
    ]);
    const [remark] = parcel?.children.get("remarks")?.values() ?? [];
    expect(remark?.beginWrite()?.events[0]?.body).toEqual({
      type: "RemarkMade",
      text: "fragile",
      $parent: a,
    });
    expect(shipment.parcels.get(a).pending).toEqual([
      { type: "ParcelPacked", grams: 2 },
      { type: "ParcelWeighed", grams: 3 },
    ]);
  });

  it("is refused as a whole when a child is, under the reason of the child", () => {
    const parcels = [{ id: a, grams: 1, remarks: ["fine", "no"] }];
    expect(() => plan({ to: "Ada", parcels })).toThrow(
      expect.objectContaining({ entity: "shipment", command: "create", reason: "no" }),
    );
  });
});

describe("a decision over a tree", () => {
  it("takes what its children made of it for its outcome", () => {
    const shipment = twoParcels();
    expect(shipment.weigh(a, 300)).toBe("executed");
    expect(shipment.weigh(a, 300)).toBe("alreadyApplied");
    expect(shipment.sealAll()).toBe("executed");
    expect(shipment.sealAll()).toBe("alreadyApplied");
    expect(shipment.attempt.sealAll()).toEqual({ outcome: "alreadyApplied" });
    expect(shipment.remark(a, "heavy")).toBe("executed");
    expect(pendingOf(shipment)).toEqual({
      shipment: ["ShipmentPlanned"],
      parcels: {
        a: ["ParcelPacked", "ParcelWeighed", "ParcelSealed", "heavy"],
        b: ["ParcelPacked", "ParcelSealed"],
      },
    });
  });

  it("has events of the parent beside those of children", () => {
    const shipment = twoParcels();
    expect(shipment.attempt.weighAndSend(a, 10)).toEqual({
      outcome: "executed",
      events: [{ type: "ShipmentSent", parcels: 2 }],
    });
    expect(shipment.state.sent).toBe(2);
    expect(shipment.parcels.get(a).state.grams).toBe(10);
  });

  it("sees the children as it has changed them so far, and leaves nothing when it is refused", () => {
    const shipment = twoParcels();
    const before = pendingOf(shipment);
    expect(shipment.attempt.add(c, 200)).toEqual({
      outcome: "rejected",
      code: "tooHeavy",
      details: { total: 1_100 },
    });
    expect(pendingOf(shipment)).toEqual(before);
    expect(shipment.parcels.maybeGet(c)).toBeUndefined();
    expect(shipment.add(c, 100)).toBe("executed");
    expect(shipment.parcels.list.map(({ id }) => id)).toEqual([a, b, c]);
  });

  it("is refused with the reason of a child, and leaves nothing of what came before", () => {
    const shipment = twoParcels();
    shipment.weigh(b, 600);
    const parcel = shipment.parcels.get(b);
    shipment.sealAll();
    const lone = plan({
      to: "Ada",
      parcels: [
        { id: a, grams: 1 },
        { id: b, grams: 1 },
      ],
    });
    lone.weigh(a, 2);
    const before = pendingOf(lone);
    expect(lone.attempt.weighAll(30_001)).toMatchObject({
      outcome: "invalid",
      error: { eventType: "ParcelWeighed" },
    });
    expect(pendingOf(lone)).toEqual(before);
    expect(() => shipment.weighAll(5)).toThrow(
      expect.objectContaining({
        entity: "shipment",
        command: "weighAll",
        reason: "sealed",
        details: { grams: 5 },
      }),
    );
    expect(parcel.state).toEqual({ grams: 600, sealed: true });
  });

  it("can deal with the refusal of a child, of which nothing stays", () => {
    const shipment = twoParcels();
    expect(shipment.weighWhatCanBe(-1)).toBe("alreadyApplied");
    expect(pendingOf(shipment).parcels).toEqual({ a: ["ParcelPacked"], b: ["ParcelPacked"] });
    expect(shipment.weighWhatCanBe(7)).toBe("executed");
    expect(pendingOf(shipment).parcels).toEqual({
      a: ["ParcelPacked", "ParcelWeighed", "weighed"],
      b: ["ParcelPacked", "ParcelWeighed", "weighed"],
    });
  });

  it("removes and restores children by the events of their lifecycle", () => {
    const shipment = twoParcels();
    expect(shipment.lose(a, "Calais")).toBe("executed");
    expect(shipment.parcels.list.map(({ id }) => id)).toEqual([b]);
    expect(shipment.parcels.maybeGet(a)).toBeUndefined();
    expect(shipment.lose(a, "Dover")).toBe("alreadyApplied");
    expect(shipment.find(a)).toBe("executed");
    expect(shipment.find(a)).toBe("alreadyApplied");
    expect(shipment.parcels.get(a).history.map(({ type }) => type)).toEqual([
      "ParcelPacked",
      "ParcelLost",
      "ParcelFound",
    ]);
  });

  it("leaves nothing when it says that there was nothing to do, or breaks down", () => {
    const shipment = twoParcels();
    const before = pendingOf(shipment);
    expect(shipment.changeMind(a)).toBe("alreadyApplied");
    expect(() => shipment.breakDown(a)).toThrow(TypeError);
    expect(() => shipment.later()).toThrow(InvalidDecisionError);
    expect(pendingOf(shipment)).toEqual(before);
  });

  it("ends with the command, whatever it handed out", () => {
    const shipment = twoParcels();
    const kept: { parcel?: { seal(): unknown } } = {};
    expect(shipment.keep(kept, a)).toBe("alreadyApplied");
    expect(() => kept.parcel?.seal()).toThrow(
      expect.objectContaining({ code: "ANNALS_DECISION_OVER" }),
    );
    expect(shipment.parcels.get(a).state.sealed).toBe(false);
  });

  it("names a child that is not there, and one that is there already", () => {
    const shipment = twoParcels();
    expect(() => shipment.weigh(c, 1)).toThrow(EntityNotFoundError);
    expect(() => shipment.weigh("nothing", 1)).toThrow(EntityNotFoundError);
    expect(() => shipment.add(a, 1)).toThrow(EntityAlreadyExistsError);
  });

  it("is the same each time it is made", () => {
    const run = () => {
      made = 0;
      const shipment = twoParcels();
      shipment.remark(a, "one");
      shipment.attempt.add(c, 900);
      shipment.weighAndSend(b, 20);
      return JSON.stringify([
        shipment,
        shipment.pending,
        shipment.parcels.list.map((p) => p.history),
      ]);
    };
    expect(run()).toBe(run());
  });
});

describe("children outside of a decision", () => {
  it("can be looked at alone", () => {
    const shipment = twoParcels();
    const parcel = shipment.parcels.get(a);
    expect(parcel).not.toHaveProperty("weigh");
    expect([...shipment.parcels].map(({ state }) => state.grams)).toEqual([400, 500]);
    expect(Object.isFrozen(parcel)).toBe(true);
    expect(shipment.parcels).not.toHaveProperty("create");
  });
});
