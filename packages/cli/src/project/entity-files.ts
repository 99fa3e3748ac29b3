import { CliError } from "../cli-error.ts";

/** The names that an entity goes by in code. */
export interface EntityNames {
  /** As in the definition, `orderLine`. */
  readonly name: string;
  /** As a constant, `OrderLine`. */
  readonly constant: string;
  /** As a file, `order-line`. */
  readonly file: string;
}

/** @throws CliError for what is no name of an entity. */
export const entityNames = (name: string): EntityNames => {
  if (!/^[a-z][A-Za-z0-9]*$/.test(name)) {
    throw new CliError(
      `"${name}" is no name for an entity`,
      'Use letters and digits with a small letter first, in the singular: "orderLine".',
    );
  }
  return {
    name,
    constant: name.charAt(0).toUpperCase() + name.slice(1),
    file: name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
  };
};

/** An entity to begin with: something with a title that is open or closed. */
export const entityText = ({ name, constant }: EntityNames): string =>
  `import { alreadyApplied, defineEntity, reject } from "@annals/core";
import * as z from "zod";

export const ${constant} = defineEntity({
  name: "${name}",
  // What the events fold into.
  schema: z.object({
    title: z.string().min(1),
    status: z.enum(["open", "closed"]),
  }),
  events: {
    ${constant}Opened: z.object({ title: z.string().min(1) }),
    ${constant}Renamed: z.object({ title: z.string().min(1) }),
    ${constant}Closed: z.object({}),
  },
  create: (input: { title: string }) => ({ type: "${constant}Opened", ...input }),
  evolve: {
    ${constant}Opened: (_, { title }) => ({ title, status: "open" }),
    ${constant}Renamed: (state, { title }) => ({ ...state, title }),
    ${constant}Closed: (state) => ({ ...state, status: "closed" }),
  },
  commands: {
    rename: ({ state }, title: string) =>
      state.status === "closed"
        ? reject("closed")
        : state.title === title
          ? alreadyApplied
          : { type: "${constant}Renamed", title },
    close: ({ state }) =>
      state.status === "closed" ? alreadyApplied : { type: "${constant}Closed" },
  },
  // Columns to find and list by.
  index: {
    status: {},
  },
});
`;

/** The entity's decisions, tested without a database, by Node's own test runner. */
export const entityTestText = ({ name, constant, file }: EntityNames): string =>
  `import { describe, it } from "node:test";
import { assertDecidesOnce, given } from "@annals/testing";
import { ${constant} } from "./${file}.ts";

const opened = { type: "${constant}Opened", title: "First" } as const;
const closed = { type: "${constant}Closed" } as const;

describe("${name}", () => {
  it("is opened with a title", () => {
    given(${constant}).create({ title: "First" }).then([opened]);
  });

  it("is renamed while it is open", () => {
    given(${constant}, [opened])
      .when("rename", "Second")
      .then([{ type: "${constant}Renamed", title: "Second" }]);
    given(${constant}, [opened, closed]).when("rename", "Second").thenRejected("closed");
  });

  it("is closed once", () => {
    given(${constant}, [opened, closed]).when("close").thenAlreadyApplied();
    assertDecidesOnce(${constant}, { given: [opened], when: ["close"] });
  });
});
`;
