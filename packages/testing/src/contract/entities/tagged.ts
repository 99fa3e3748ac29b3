import { defineEntity } from "@annals/core";
import * as z from "zod";

/** A tag list that codecs make an instance of a class of. */
class Tags {
  readonly all: string[];
  constructor(all: string[]) {
    this.all = all;
  }
}

/** An entity whose state has an instance of a class. */
export const defineTagged = (name: string) => {
  const tags = z.codec(z.array(z.string()), z.instanceof(Tags), {
    decode: (all) => new Tags(all),
    encode: ({ all }) => all,
  });
  return defineEntity({
    name,
    schema: z.object({ tags }),
    events: { Tagged: z.object({ tags }) },
    create: (input: { tags: string[] }) => ({ type: "Tagged", tags: new Tags(input.tags) }),
    evolve: { Tagged: (_, { tags: given }) => ({ tags: given }) },
    commands: {},
    index: {},
  });
};
