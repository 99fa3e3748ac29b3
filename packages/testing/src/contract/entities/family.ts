import { type CreateViewOf, defineEntity, type ErasureMethod, personal } from "@annals/core";
import * as z from "zod";

const defineMember = (name: string, parent: string, method: ErasureMethod) =>
  defineEntity({
    name,
    parent,
    schema: z.object({ name: personal(z.string()) }),
    events: {
      MemberJoined: z.object({ name: personal(z.string()) }),
      MemberForgotten: z.object({}),
    },
    erasure: { method, event: "MemberForgotten" },
    create: (given: string) => ({ type: "MemberJoined", name: given }),
    evolve: {
      MemberJoined: (_, event) => ({ name: event.name }),
      MemberForgotten: (before) => before,
    },
    commands: {},
    index: { name: {} },
  });

/** A parent without anything personal, whose children are people. */
export const defineFamily = (method: ErasureMethod) => (name: string) => {
  const Member = defineMember(`${name}m`, name, method);
  const Family = defineEntity({
    name,
    schema: z.object({ street: z.string() }),
    events: { FamilyMoved: z.object({ street: z.string() }) },
    children: { members: Member },
    create: (
      { street, members }: { street: string; members: readonly string[] },
      view: CreateViewOf<{ members: typeof Member }>,
    ) => {
      for (const member of members) view.members.create(member);
      return { type: "FamilyMoved", street };
    },
    evolve: { FamilyMoved: (_, { street }) => ({ street }) },
    commands: { welcome: ({ members }, member: string) => members.create(member) },
    index: {},
  });
  return { Family, Member, all: [Family, Member] as const };
};
