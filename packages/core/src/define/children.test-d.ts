import { describe, expectTypeOf, it } from "vitest";
import * as z from "zod";
import type { Parcel, Remark, Shipment } from "../../test/shipment.ts";
import {
  type AnyEntity,
  alreadyApplied,
  type CommandView,
  type ConsumerOptions,
  type DescendantOf,
  defineEntity,
  type EntityOf,
  type EventOf,
  type ReadOptions,
  type Repository,
  type TreeEventOf,
  type TreeOf,
} from "../index.ts";

const literal = {
  schema: z.object({ text: z.string() }),
  events: { Made: z.object({ text: z.string() }), Gone: z.object({}) },
  create: (text: string) => ({ type: "Made" as const, text }),
  index: {},
};
const Line = defineEntity({
  ...literal,
  name: "line",
  parent: "order",
  evolve: { Made: (_, { text }) => ({ text }), Gone: (state) => state },
  commands: { rewrite: (_view, text: string) => ({ type: "Made", text }) },
  uniqueTogether: [["orderId"]],
});
const Stray = defineEntity({
  ...literal,
  name: "stray",
  evolve: { Made: (_, { text }) => ({ text }), Gone: (state) => state },
  commands: {},
});

declare const shipment: EntityOf<typeof Shipment>;

describe("the children of an entity", () => {
  it("are typed down to the last grandchild", () => {
    const parcel = shipment.parcels.get("id");
    expectTypeOf(parcel.state).toEqualTypeOf<Readonly<{ grams: number; sealed: boolean }>>();
    expectTypeOf(parcel.history).toEqualTypeOf<readonly EventOf<typeof Parcel>[]>();
    const [remark] = parcel.remarks.list;
    expectTypeOf(remark?.state.text).toEqualTypeOf<string | undefined>();
    expectTypeOf(remark?.pending).toEqualTypeOf<readonly EventOf<typeof Remark>[] | undefined>();
  });

  it("can be changed by commands alone", () => {
    // @ts-expect-error a child that is looked at has no commands
    shipment.parcels.get("id").weigh(3);
    // @ts-expect-error and cannot be created
    shipment.parcels.create({ grams: 3 });
    // @ts-expect-error there is no such kind
    shipment.boxes;
  });
});

describe("the view of a command", () => {
  it("has the children with their commands", () => {
    defineEntity({
      ...literal,
      name: "order",
      children: { lines: Line },
      evolve: { Made: (_, { text }) => ({ text }), Gone: (state) => state },
      commands: {
        all: ({ id, lines }) => {
          expectTypeOf(id).toEqualTypeOf<string>();
          expectTypeOf(lines.create).parameters.toEqualTypeOf<[input: string]>();
          const line = lines.create("text");
          expectTypeOf(line.rewrite).parameters.toEqualTypeOf<[text: string]>();
          expectTypeOf(line.rewrite("new")).toEqualTypeOf<"executed" | "alreadyApplied">();
          // @ts-expect-error a number is no text
          line.rewrite(3);
          // @ts-expect-error without a lifecycle nothing is removed
          lines.remove(line.id);
          return alreadyApplied;
        },
        created: ({ lines }) => lines.create("text"),
        outcome: ({ lines }, id: string) => lines.get(id).rewrite("text"),
        nothing: ({ lines }) => {
          for (const line of lines) line.rewrite("text");
        },
        event: ({ lines }) => ({ type: "Made", text: String(lines.size) }),
        maybe: ({ lines }, id: string) => lines.maybeGet(id)?.rewrite("text"),
        // @ts-expect-error a number is no decision
        number: ({ lines }) => lines.size,
      },
    });
  });

  it("is what it was without children, and nothing may be left out there", () => {
    defineEntity({
      ...literal,
      name: "order",
      evolve: { Made: (_, { text }) => ({ text }), Gone: (state) => state },
      commands: {
        plain: (view) => {
          expectTypeOf(view).toExtend<CommandView<Readonly<{ text: string }>, unknown>>();
          // @ts-expect-error there are no lines
          view.lines;
          return alreadyApplied;
        },
        // @ts-expect-error a decision is missing
        nothing: () => {},
      },
    });
  });

  it("takes the id of a child that chooses its own, and the payload of its removal", () => {
    defineEntity({
      ...literal,
      name: "shipment",
      children: {} as { parcels: typeof Parcel },
      evolve: { Made: (_, { text }) => ({ text }), Gone: (state) => state },
      commands: {
        all: ({ parcels }, id: string) => {
          parcels.create({ grams: 3 }, { id });
          // @ts-expect-error it has to be given its id
          parcels.create({ grams: 3 });
          parcels.remove(id, { where: "Calais" });
          // @ts-expect-error the event says where
          parcels.remove(id);
          parcels.restore(id);
          parcels.get(id).remarks.remove(id);
          // @ts-expect-error remarks are withdrawn for good
          parcels.get(id).remarks.restore(id);
        },
      },
    });
  });
});

describe("a definition with children", () => {
  it("takes its own children alone, under free names", () => {
    const order = {
      ...literal,
      name: "order",
    } as const;
    const evolve = {
      Made: (_: undefined, { text }: { text: string }) => ({ text }),
      Gone: (state: { readonly text: string }) => state,
    };
    // @ts-expect-error a stray has no parent
    defineEntity({ ...order, evolve, commands: {}, children: { lines: Stray } });
    // @ts-expect-error a line belongs to an order
    defineEntity({ ...order, name: "invoice", evolve, commands: {}, children: { lines: Line } });
    // @ts-expect-error the entity has a state of its own
    defineEntity({ ...order, evolve, commands: {}, children: { state: Line } });
    defineEntity({
      ...order,
      evolve,
      commands: {},
      // @ts-expect-error an option that does not exist
      children: { lines: { entity: Line, guard: false } },
    });
    defineEntity({
      ...order,
      evolve,
      commands: {},
      children: { lines: { entity: Line, guarded: false } },
    });
    defineEntity({
      ...order,
      evolve,
      children: { lines: Line },
      // @ts-expect-error a command of the name of its children
      commands: { lines: () => alreadyApplied },
    });
  });

  it("takes the parent's id in a composite, and nothing else", () => {
    defineEntity({
      ...literal,
      name: "line",
      parent: "order",
      index: { text: {} },
      evolve: { Made: (_, { text }) => ({ text }), Gone: (state) => state },
      commands: {},
      uniqueTogether: [["orderId", "text"]],
    });
    defineEntity({
      ...literal,
      name: "line",
      parent: "order",
      index: { text: {} },
      evolve: { Made: (_, { text }) => ({ text }), Gone: (state) => state },
      commands: {},
      // @ts-expect-error its parent is an order
      uniqueTogether: [["invoiceId", "text"]],
    });
  });
});

describe("the history of a tree", () => {
  it("has the events of all of its definitions, told apart by their topics", () => {
    const owner = (one: TreeEventOf<typeof Shipment>) => {
      if (one.topic === "shipment") {
        expectTypeOf(one.event).toEqualTypeOf<EventOf<typeof Shipment>>();
        expectTypeOf(one.parentId).toEqualTypeOf<undefined>();
        return;
      }
      expectTypeOf(one.parentId).toEqualTypeOf<string>();
      if (one.topic === "remark") {
        expectTypeOf(one.event).toEqualTypeOf<EventOf<typeof Remark>>();
        return;
      }
      expectTypeOf(one.topic).toEqualTypeOf<"parcel">();
      expectTypeOf(one.event).toEqualTypeOf<EventOf<typeof Parcel>>();
    };
    expectTypeOf(owner).toBeFunction();
  });

  it("is there for entities that have children alone", () => {
    type Calls<Definition extends AnyEntity> = keyof Repository<Definition, never>;
    expectTypeOf<"treeHistory">().toExtend<Calls<typeof Shipment>>();
    expectTypeOf<"eachTreeEvent">().toExtend<Calls<typeof Parcel>>();
    expectTypeOf<"treeHistory">().not.toExtend<Calls<typeof Remark>>();
    expectTypeOf<"treeHistory">().not.toExtend<Calls<AnyEntity>>();
  });
});

describe("a definition with everything below it", () => {
  it("is followed with a handler for each of its topics", () => {
    expectTypeOf<DescendantOf<typeof Shipment>["name"]>().toEqualTypeOf<"parcel" | "remark">();
    expectTypeOf<DescendantOf<typeof Remark>>().toBeNever();
    const topics = [] as unknown as TreeOf<typeof Shipment>;
    const options: ConsumerOptions<typeof topics, string> = {
      name: "log",
      topics,
      on: {
        shipment: {},
        parcel: {},
        // @ts-expect-error not a topic of the tree
        line: {},
      },
    };
    const all: ConsumerOptions<typeof topics, string> = {
      name: "log",
      topics,
      onEvent: (event, meta) => {
        expectTypeOf(event).toEqualTypeOf<
          EventOf<typeof Shipment> | EventOf<typeof Parcel> | EventOf<typeof Remark>
        >();
        if (meta.topic === "parcel") expectTypeOf(meta.parentId).toEqualTypeOf<string>();
      },
    };
    expectTypeOf([options, all]).toBeArray();
  });
});

describe("the children that a read asks for", () => {
  it("are known kinds, and conditions over their columns", () => {
    type Asked = NonNullable<ReadOptions<typeof Shipment, never>["children"]>;
    expectTypeOf<readonly ["parcels"]>().toExtend<Asked>();
    expectTypeOf<false>().toExtend<Asked>();
    expectTypeOf<{ parcels: { where: { shipmentId: string } } }>().toExtend<Asked>();
    expectTypeOf<readonly ["boxes"]>().not.toExtend<Asked>();
    expectTypeOf<{ parcels: { where: { shipmentId: number } } }>().not.toExtend<Asked>();
    const none: Asked = {
      // @ts-expect-error there is no such column
      parcels: { where: { color: "red" } },
    };
    expectTypeOf(none).toExtend<Asked>();
  });
});
