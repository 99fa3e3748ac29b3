import { given } from "@annals/testing";
import { describe, it } from "vitest";
import { Basket } from "./basket.ts";

// #region decisions
const opened = { type: "BasketOpened", customer: "Ada" } as const;
const PEN = "01890000-0000-7000-8000-000000000001";
const pens = { id: PEN, events: [{ type: "ItemAdded", sku: "pen", quantity: 90 }] } as const;

describe("a basket", () => {
  it("takes no more than a hundred pieces of all its items", () => {
    const basket = given(Basket, [opened], { children: { items: [pens] } });
    basket.when("add", "ink", 11).thenRejected("tooMuch");
    basket.when("add", "ink", 10).thenChildren({
      items: [{ events: [{ type: "ItemAdded", sku: "ink", quantity: 10 }] }],
    });
    basket.when("remove", PEN).thenChildren({
      items: [{ id: PEN, events: [{ type: "ItemRemoved" }] }],
    });
    basket.when("order").then([{ type: "BasketOrdered", pieces: 90 }]);
  });
});
// #endregion
