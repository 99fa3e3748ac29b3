import { type CreateView, defineEntity, jsonDate, upcast, upcastToEvents } from "@annals/core";
import { model } from "@annals/core/adapter";
import * as z from "zod";
import type { Bench } from "../bench.ts";

const pair = z.object({ mail: z.string(), name: z.string() });

/** A definition that has lived: two versions of an event before its newest, old names, a split, a ping. */
export const defineContact = (name: string) =>
  defineEntity({
    name,
    schema: z.object({ email: z.string(), name: z.string(), since: jsonDate() }),
    events: {
      ContactAdded: z.object({ email: z.string(), name: z.string(), at: jsonDate() }),
      EmailChanged: z.object({ email: z.string() }),
      Renamed: z.object({ name: z.string() }),
      ContactRemoved: z.object({}),
      ContactRestored: z.object({}),
    },
    versions: {
      ContactAdded: [
        upcast(pair.extend({ day: z.string() }), ({ mail, name, day }) => ({
          email: mail,
          name,
          at: `${day}T00:00:00.000Z`,
        })),
      ],
      EmailChanged: [
        upcast(z.object({ mail: z.string() }), ({ mail }) => ({ address: mail.trim() })),
        upcast(z.object({ address: z.string() }), ({ address }) => {
          if (address === "") throw new Error("secret");
          return { email: address === "long" ? (7 as unknown as string) : address };
        }),
      ],
    },
    renamed: { NameChanged: "Renamed", Dropped: "ContactRemoved" },
    retired: {
      DetailsChanged: [
        upcast(pair, ({ mail, name }) => ({ email: mail, name })),
        upcastToEvents(z.object({ email: z.string(), name: z.string() }), ({ email, name }) => [
          { type: "EmailChanged", email },
          { type: "Renamed", name },
        ]),
      ],
      Pinged: [upcastToEvents(z.object({}), () => [])],
    },
    create: ({ email, name }: { email: string; name: string }, { now }: CreateView) => ({
      type: "ContactAdded",
      email,
      name,
      at: now,
    }),
    evolve: {
      ContactAdded: (_, { email, name, at }) => ({ email, name, since: at }),
      EmailChanged: (state, { email }) => ({ ...state, email }),
      Renamed: (state, { name }) => ({ ...state, name }),
      ContactRemoved: (state) => state,
      ContactRestored: (state) => state,
    },
    commands: {
      changeEmail: (_, email: string) => ({ type: "EmailChanged", email }),
      rename: (_, name: string) => ({ type: "Renamed", name }),
    },
    index: { email: {}, name: {} },
    lifecycle: { delete: "ContactRemoved", restore: "ContactRestored" },
  });

export type ContactDefinition = ReturnType<typeof defineContact>;

/** What older code stored, as bodies of events. */
export const ADDED = {
  type: "ContactAdded",
  mail: "a@b.c",
  name: "Ada",
  day: "2020-02-03",
} as const;

/** Stores bodies as the code of their time would have; the index row gets the columns given. */
export const storeOld = async (
  bench: Bench,
  { plan, [model]: { parseId } }: ContactDefinition,
  bodies: readonly {
    readonly type: string;
    readonly v?: number;
    readonly [field: string]: unknown;
  }[],
  columns: readonly [email: string, name: string] = ["a@b.c", "Ada"],
): Promise<string> => {
  const id = parseId(crypto.randomUUID()) as string;
  const deletes = bodies.at(-1)?.type === "Dropped";
  const result = await bench.store.entity(plan).write(
    {
      id,
      expectedVersion: 0,
      events: bodies.map((body) => ({
        type: body.type,
        version: body.v ?? 1,
        body: body as never,
      })),
      columns,
      context: null,
      deletion: deletes ? "deleted" : undefined,
    },
    undefined,
  );
  if (result.kind !== "written") throw new Error(`The old events were not written: ${result.kind}`);
  return id;
};
