import { AssertionError } from "node:assert";
import { expect, it } from "vitest";
import { defineOrder } from "../contract/entities/order.ts";
import { given } from "./given.ts";

const { Order, Line } = defineOrder("order");
const [PEN, INK, REMARK, NEW] = [10, 11, 12, 1].map(
  (number) => `00000000-0000-7000-8000-${number.toString(16).padStart(12, "0")}`,
) as [string, string, string, string];

const opened = { type: "OrderOpened", customer: "Ada" } as const;
const added = (sku: string, quantity: number) => ({ type: "LineAdded", sku, quantity }) as const;
const remark = { id: REMARK, events: [{ type: "RemarkMade", text: "fine" }] } as const;

const order = () =>
  given(Order, [opened], {
    children: {
      lines: [
        { id: INK, events: [added("ink", 1)] },
        { id: PEN, events: [added("pen", 2)], children: { remarks: [remark] } },
      ],
    },
  });

const messageOf = (work: () => void): string => {
  expect(work).toThrow(AssertionError);
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  return "";
};

it("decides over children that are given", () => {
  order()
    .when("place")
    .then([{ type: "OrderPlaced", quantity: 3 }]);
  order().when("addLine", { sku: "cup", quantity: 99 }).thenRejected("tooMany");
  order()
    .when("removeLine", PEN)
    .thenChildren({ lines: [{ id: PEN, events: [{ type: "LineRemoved" }] }] });
});

it("tells what it made of children, of new ones, and of theirs", () => {
  const replaced = order().when("replace", PEN, 7);
  replaced.thenChildren({
    lines: [
      { id: PEN, events: [{ type: "LineRemoved" }] },
      { id: NEW, events: [added("pen", 7)] },
    ],
  });
  replaced.thenState({ customer: "Ada", isPlaced: false });
  order()
    .when("rewriteRemarks", "better")
    .thenChildren({
      lines: [
        {
          id: PEN,
          children: { remarks: [{ events: [{ type: "RemarkChanged", text: "better" }] }] },
        },
      ],
    });
  order().when("rename", "Eve").thenChildren({});
  given(Order)
    .create({ customer: "Ada", lines: [{ sku: "pen", quantity: 1 }], notes: ["call"] })
    .thenChildren({
      lines: [{ events: [added("pen", 1)] }],
      notes: [{ events: [{ type: "NoteTaken", text: "call" }] }],
    });
});

it("fails where something else was made of children", () => {
  const changed = order().when("changeQuantity", PEN, 3);
  const events = [{ type: "QuantityChanged", quantity: 3 }] as const;
  changed.thenChildren({ lines: [{ id: PEN, events }] });
  expect(messageOf(() => changed.thenChildren({}))).toContain("something else of children");
  expect(messageOf(() => changed.thenChildren({ lines: [{ id: INK, events }] }))).toContain(INK);
  const wrong = [{ type: "QuantityChanged", quantity: 4 }] as const;
  expect(messageOf(() => changed.thenChildren({ lines: [{ events: wrong }] }))).toContain("4");
  expect(
    messageOf(() => changed.thenChildren({ lines: [{ id: PEN, events }, { events }] })),
  ).toContain("QuantityChanged");
  const refused = order().when("changeQuantity", PEN, 100);
  expect(messageOf(() => refused.thenChildren({}))).toContain("had another outcome");
});

it("takes children with their own definition, and refuses what could not have happened", () => {
  given(Line, [added("pen", 1)], { children: { remarks: [remark] } })
    .when("remark", "blunt")
    .thenChildren({ remarks: [{ events: [{ type: "RemarkMade", text: "blunt" }] }] });
  const unknown = { lines: [{ id: PEN, events: [{ type: "Lost" } as never] }] } as const;
  expect(() => given(Order, [opened], { children: unknown }).when("place")).toThrow();
  // @ts-expect-error there is no such kind
  given(Order, [opened], { children: { boxes: [] } });
  // @ts-expect-error nor such an event
  given(Order, [opened], { children: { lines: [{ id: PEN, events: [{ type: "OrderOpened" }] }] } });
});
