import { describe, expect, it } from "vitest";
import { withEntity } from "./config-text.ts";
import { entityNames } from "./entity-files.ts";

const order = entityNames("order");
const path = "./src/order.ts";

describe("withEntity", () => {
  it("adds to a list on one line", () => {
    const text = 'import { A } from "./a.ts";\n\nexport default { entities: [A] };\n';
    expect(withEntity(text, order, path)).toBe(
      'import { A } from "./a.ts";\nimport { Order } from "./src/order.ts";\n\nexport default { entities: [A, Order] };\n',
    );
  });

  it("adds to a list over several lines, and to an empty one", () => {
    const broken = "export default {\n  entities: [\n    A,\n    B,\n  ],\n};\n";
    expect(withEntity(broken, order, path)).toBe(
      'import { Order } from "./src/order.ts";\nexport default {\n  entities: [\n    A,\n    B,\n    Order,\n  ],\n};\n',
    );
    expect(withEntity("export default { entities: [] };", order, path)).toContain(
      "entities: [Order]",
    );
  });

  it("leaves alone what it does not understand", () => {
    expect(withEntity("export default { entities };", order, path)).toBeUndefined();
    expect(withEntity("export default { entities: [Order] };", order, path)).toBeUndefined();
    expect(withEntity("export default { entities: [...all, make()] };", order, path)).toBeDefined();
  });
});
