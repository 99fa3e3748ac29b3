import * as z from "zod";
import { alreadyApplied, type CreateViewOf, defineEntity, reject } from "../src/index.ts";

export const Remark = defineEntity({
  name: "remark",
  parent: "parcel",
  schema: z.object({ text: z.string() }),
  events: { RemarkMade: z.object({ text: z.string().min(1) }), RemarkWithdrawn: z.object({}) },
  create: (text: string) => (text === "no" ? reject("no") : { type: "RemarkMade", text }),
  evolve: {
    RemarkMade: (_, { text }) => ({ text }),
    RemarkWithdrawn: (state) => state,
  },
  commands: {},
  index: {},
  lifecycle: { delete: "RemarkWithdrawn" },
});

export const Parcel = defineEntity({
  name: "parcel",
  parent: "shipment",
  idSource: "caller",
  schema: z.object({ grams: z.int(), sealed: z.boolean() }),
  events: {
    ParcelPacked: z.object({ grams: z.int() }),
    ParcelWeighed: z.object({ grams: z.int().max(30_000) }),
    ParcelSealed: z.object({}),
    ParcelLost: z.object({ where: z.string() }),
    ParcelFound: z.object({}),
  },
  create: (
    { grams, remarks = [] }: { grams: number; remarks?: string[] },
    view: CreateViewOf<{ remarks: typeof Remark }>,
  ) => {
    for (const text of remarks) view.remarks.create(text);
    return { type: "ParcelPacked", grams };
  },
  evolve: {
    ParcelPacked: (_, { grams }) => ({ grams, sealed: false }),
    ParcelWeighed: (state, { grams }) => ({ ...state, grams }),
    ParcelSealed: (state) => ({ ...state, sealed: true }),
    ParcelLost: (state) => state,
    ParcelFound: (state) => state,
  },
  children: { remarks: Remark },
  commands: {
    weigh: ({ state }, grams: number) =>
      state.sealed
        ? reject("sealed", { grams })
        : state.grams === grams
          ? alreadyApplied
          : { type: "ParcelWeighed", grams },
    seal: ({ state }) => (state.sealed ? alreadyApplied : { type: "ParcelSealed" }),
    remark: ({ remarks }, text: string) => remarks.create(text),
    remarkAndWeigh: ({ remarks }, text: string, grams: number) => {
      remarks.create(text);
      return grams < 0 ? reject("negative") : { type: "ParcelWeighed", grams };
    },
  },
  index: {},
  lifecycle: { delete: "ParcelLost", restore: "ParcelFound" },
});

const LIMIT = 1_000;

export const Shipment = defineEntity({
  name: "shipment",
  schema: z.object({ to: z.string(), sent: z.int() }),
  events: {
    ShipmentPlanned: z.object({ to: z.string() }),
    ShipmentSent: z.object({ parcels: z.int() }),
  },
  children: { parcels: Parcel },
  create: (
    {
      to,
      parcels = [],
    }: { to: string; parcels?: { id: string; grams: number; remarks?: string[] }[] },
    view: CreateViewOf<{ parcels: typeof Parcel }>,
  ) => {
    for (const { id, ...parcel } of parcels) view.parcels.create(parcel, { id });
    return { type: "ShipmentPlanned", to };
  },
  evolve: {
    ShipmentPlanned: (_, { to }) => ({ to, sent: 0 }),
    ShipmentSent: (state, { parcels }) => ({ ...state, sent: state.sent + parcels }),
  },
  commands: {
    add: ({ parcels }, id: string, grams: number) => {
      parcels.create({ grams }, { id });
      return total(parcels.list) > LIMIT
        ? reject("tooHeavy", { total: total(parcels.list) })
        : undefined;
    },
    weigh: ({ parcels }, id: string, grams: number) => parcels.get(id).weigh(grams),
    sealAll: ({ parcels }) => {
      for (const parcel of parcels) parcel.seal();
    },
    weighAll: ({ parcels }, grams: number) => {
      for (const parcel of parcels) parcel.weigh(grams);
    },
    weighWhatCanBe: ({ parcels }, grams: number) => {
      for (const parcel of parcels) {
        try {
          parcel.remarkAndWeigh("weighed", grams);
        } catch {}
      }
    },
    lose: ({ parcels }, id: string, where: string) => parcels.remove(id, { where }),
    find: ({ parcels }, id: string) => parcels.restore(id),
    weighAndSend: ({ parcels }, id: string, grams: number) => {
      parcels.get(id).weigh(grams);
      return { type: "ShipmentSent", parcels: parcels.size };
    },
    changeMind: ({ parcels }, id: string) => {
      parcels.get(id).seal();
      return alreadyApplied;
    },
    breakDown: ({ parcels }, id: string) => {
      parcels.get(id).seal();
      throw new TypeError("broken");
    },
    remark: ({ parcels }, id: string, text: string) => parcels.get(id).remarks.create(text),
    keep: ({ parcels }, kept: { parcel?: { seal(): unknown } }, id: string) => {
      kept.parcel = parcels.get(id);
    },
    later: (async () => {}) as unknown as () => typeof alreadyApplied,
  },
  index: {},
});

const total = (parcels: readonly { readonly state: { readonly grams: number } }[]): number =>
  parcels.reduce((sum, { state }) => sum + state.grams, 0);
