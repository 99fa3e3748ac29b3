import { type CreateViewOf, defineEntity, reject } from "@annals/core";
import * as z from "zod";

/** A grandchild, without a lifecycle. */
const defineRemark = (name: string, parent: string) =>
  defineEntity({
    name,
    parent,
    schema: z.object({ text: z.string() }),
    events: {
      RemarkMade: z.object({ text: z.string() }),
      RemarkChanged: z.object({ text: z.string() }),
    },
    create: (text: string) => ({ type: "RemarkMade", text }),
    evolve: {
      RemarkMade: (_, { text }) => ({ text }),
      RemarkChanged: (_, { text }) => ({ text }),
    },
    commands: { rewrite: (_view, text: string) => ({ type: "RemarkChanged", text }) },
    index: { text: {} },
  });

/** A child that is unique within its parent by its sku, and everywhere by its label. */
const defineLine = (name: string, parent: string, remarks: ReturnType<typeof defineRemark>) =>
  defineEntity({
    name,
    parent,
    schema: z.object({
      sku: z.string(),
      quantity: z.int().min(1),
      label: z.string().optional(),
    }),
    events: {
      LineAdded: z.object({ sku: z.string(), quantity: z.int(), label: z.string().optional() }),
      QuantityChanged: z.object({ quantity: z.int() }),
      Relabelled: z.object({ label: z.string() }),
      LineRemoved: z.object({}),
      LineRestored: z.object({}),
    },
    children: { remarks },
    create: (input: { sku: string; quantity: number; label?: string | undefined }) => ({
      type: "LineAdded",
      ...input,
    }),
    evolve: {
      LineAdded: (_, { type: _type, ...line }) => line,
      QuantityChanged: (state, { quantity }) => ({ ...state, quantity }),
      Relabelled: (state, { label }) => ({ ...state, label }),
      LineRemoved: (state) => state,
      LineRestored: (state) => state,
    },
    commands: {
      changeQuantity: ({ state }, quantity: number) =>
        quantity > 50
          ? reject("tooMany")
          : quantity === state.quantity
            ? []
            : { type: "QuantityChanged", quantity },
      relabel: (_view, label: string) => ({ type: "Relabelled", label }),
      remark: ({ remarks }, text: string) => remarks.create(text),
    },
    index: { sku: {}, label: { unique: true } },
    uniqueTogether: [[`${parent}Id`, "sku"]],
    lifecycle: { delete: "LineRemoved", restore: "LineRestored" },
  });

/** A child over which nobody decides together with others. */
const defineNote = (name: string, parent: string) =>
  defineEntity({
    name,
    parent,
    schema: z.object({ text: z.string() }),
    events: {
      NoteTaken: z.object({ text: z.string() }),
      NoteChanged: z.object({ text: z.string() }),
    },
    create: (text: string) => ({ type: "NoteTaken", text }),
    evolve: { NoteTaken: (_, { text }) => ({ text }), NoteChanged: (_, { text }) => ({ text }) },
    commands: { rewrite: (_view, text: string) => ({ type: "NoteChanged", text }) },
    index: {},
  });

/** At most so many of all lines together. */
export const QUANTITY_MAX = 100;

/** An order, its lines with their remarks, and its notes. */
export const defineOrder = (name: string) => {
  const Remark = defineRemark(`${name}r`, `${name}l`);
  const Line = defineLine(`${name}l`, name, Remark);
  const Note = defineNote(`${name}n`, name);
  const Order = defineEntity({
    name,
    schema: z.object({ customer: z.string(), isPlaced: z.boolean() }),
    events: {
      OrderOpened: z.object({ customer: z.string() }),
      OrderRenamed: z.object({ customer: z.string() }),
      OrderPlaced: z.object({ quantity: z.int() }),
      OrderCancelled: z.object({}),
      OrderResumed: z.object({}),
    },
    children: { lines: Line, notes: { entity: Note, guarded: false } },
    create: (
      input: {
        customer: string;
        lines?: { sku: string; quantity: number; label?: string }[];
        notes?: string[];
      },
      { lines, notes }: CreateViewOf<{ lines: typeof Line; notes: typeof Note }>,
    ) => {
      for (const line of input.lines ?? []) lines.create(line);
      for (const note of input.notes ?? []) notes.create(note);
      return { type: "OrderOpened", customer: input.customer };
    },
    evolve: {
      OrderOpened: (_, { customer }) => ({ customer, isPlaced: false }),
      OrderRenamed: (state, { customer }) => ({ ...state, customer }),
      OrderPlaced: (state) => ({ ...state, isPlaced: true }),
      OrderCancelled: (state) => state,
      OrderResumed: (state) => state,
    },
    commands: {
      rename: (_view, customer: string) => ({ type: "OrderRenamed", customer }),
      addLine: ({ lines }, line: { sku: string; quantity: number; label?: string | undefined }) => {
        lines.create(line);
        return total(lines.list) > QUANTITY_MAX ? reject("tooMany") : undefined;
      },
      changeQuantity: ({ lines }, id: string, quantity: number) => {
        lines.get(id).changeQuantity(quantity);
        return total(lines.list) > QUANTITY_MAX ? reject("tooMany") : undefined;
      },
      relabel: ({ lines }, id: string, label: string) => lines.get(id).relabel(label),
      swapLabels: ({ lines }, one: string, other: string) => {
        const [first, second] = [lines.get(one), lines.get(other)];
        const labels = [first.state.label ?? "none", second.state.label ?? "other"] as const;
        first.relabel(labels[1]);
        second.relabel(labels[0]);
      },
      replace: ({ lines }, id: string, quantity: number) => {
        const { sku, label } = lines.get(id).state;
        lines.remove(id);
        lines.create({ sku, quantity, label });
      },
      removeLine: ({ lines }, id: string) => lines.remove(id),
      restoreLine: ({ lines }, id: string) => lines.restore(id),
      remark: ({ lines }, id: string, text: string) => lines.get(id).remark(text),
      rewriteRemarks: ({ lines }, text: string) => {
        for (const { remarks } of lines) for (const remark of remarks) remark.rewrite(text);
      },
      note: ({ notes }, text: string) => notes.create(text),
      rewriteNote: ({ notes }, id: string, text: string) => notes.get(id).rewrite(text),
      place: ({ lines }) => ({ type: "OrderPlaced", quantity: total(lines.list) }),
      placeAlone: () => ({ type: "OrderPlaced", quantity: 0 }),
    },
    index: { customer: {}, isPlaced: {} },
    lifecycle: { delete: "OrderCancelled", restore: "OrderResumed" },
  });
  return { Order, Line, Remark, Note, all: [Order, Line, Remark, Note] as const };
};

export const total = (
  lines: readonly { readonly state: { readonly quantity: number } }[],
): number => lines.reduce((sum, { state }) => sum + state.quantity, 0);
