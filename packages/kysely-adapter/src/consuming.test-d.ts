import { type Consumer, type DatabaseOf, defineEntity, defineTopic } from "@annals/core";
import type { Kysely, Transaction } from "kysely";
import { describe, expectTypeOf, it } from "vitest";
import * as z from "zod";
import type { AnnalsTransaction } from "./connection/annals-transaction.ts";
import { createConsumer, replay } from "./create-consumer.ts";
import { createProjection } from "./create-projection.ts";
import { createRepository } from "./create-repository.ts";
import type { InlineProjection, Projection } from "./projections/projection-type.ts";

const Lamp = defineEntity({
  name: "lamp",
  schema: z.object({ on: z.boolean() }),
  events: { Made: z.object({}), Switched: z.object({ on: z.boolean() }) },
  create: () => ({ type: "Made" }),
  evolve: { Made: () => ({ on: false }), Switched: (_, { on }) => ({ on }) },
  commands: {},
  index: {},
});

const Shade = defineEntity({
  name: "shade",
  schema: z.object({}),
  events: { Sewn: z.object({}) },
  create: () => ({ type: "Sewn" }),
  evolve: { Sewn: () => ({}) },
  commands: {},
  index: {},
});

const Feed = defineTopic({
  name: "feed",
  events: { Announced: z.object({ headline: z.string() }) },
  key: ({ headline }) => headline,
});

type Database = DatabaseOf<[typeof Lamp]> & {
  lit_lamps: { lamp_id: string; owner: string; since: Date };
};
declare const db: Kysely<Database>;
const onEvent = () => {};

describe("consumers on PostgreSQL", () => {
  it("give handlers a transaction of the database", () => {
    const consumer = createConsumer(db, {
      name: "lit",
      topics: [Lamp],
      on: {
        Switched: async ({ on }, { tx, entityId: lamp_id }) => {
          expectTypeOf(tx).toEqualTypeOf<AnnalsTransaction<Database>>();
          const owner = "Ada";
          if (on)
            await tx
              .insertInto("lit_lamps")
              .values({ lamp_id, owner, since: new Date() })
              .execute();
          // @ts-expect-error no such table
          tx.deleteFrom("dark_lamps");
        },
      },
    });
    expectTypeOf(consumer).toEqualTypeOf<Consumer>();
    createConsumer(db, {
      name: "mails",
      topics: [Lamp],
      delivery: "at-least-once",
      onEvent: (_, { tx }) => void expectTypeOf(tx).toEqualTypeOf<undefined>(),
    });
    replay(db, {
      topics: [Lamp],
      onEvent: (_, { tx }) => void expectTypeOf(tx).toEqualTypeOf<undefined>(),
    });
  });
});

describe("projections", () => {
  const lit = { name: "lit", topics: [Lamp], tables: ["lit_lamps"], onEvent } as const;

  it("follow, or are written inline", () => {
    expectTypeOf(createProjection(db, lit)).toEqualTypeOf<Projection>();
    expectTypeOf(createProjection(db, { ...lit, inline: false })).toEqualTypeOf<Projection>();
    const inline = createProjection(db, { ...lit, inline: true });
    expectTypeOf(inline).toEqualTypeOf<InlineProjection<"lamp">>();
    createRepository(Lamp, { db, projections: [inline] });
    // @ts-expect-error it follows other entities
    createRepository(Shade, { db, projections: [inline] });
    // @ts-expect-error a projection that follows is no repository's
    createRepository(Lamp, { db, projections: [createProjection(db, lit)] });
    // @ts-expect-error nothing runs one that is inline
    inline.run({ signal: new AbortController().signal });
    // @ts-expect-error nor empties it in place
    inline.reset();
  });

  it("give handlers a plain transaction of the database", () => {
    createProjection(db, {
      name: "lit",
      topics: [Lamp, Feed],
      tables: ["lit_lamps"],
      on: {
        lamp: {
          Switched: (_, { tx }) => void expectTypeOf(tx).toEqualTypeOf<Transaction<Database>>(),
        },
        feed: { Announced: ({ headline }) => void expectTypeOf(headline).toBeString() },
      },
    });
    // @ts-expect-error no such event
    createProjection(db, { name: "lit", topics: [Lamp], tables: [], on: { Announced: onEvent } });
    // @ts-expect-error no handler
    createProjection(db, { name: "lit", topics: [Lamp], tables: ["lit_lamps"] });
  });

  it("write tables of the database", () => {
    createProjection(db, { ...lit, tables: ["lit_lamps", "lamps"] });
    // @ts-expect-error no such table
    createProjection(db, { ...lit, tables: ["dark_lamps"] });
    // @ts-expect-error a list
    createProjection(db, { ...lit, tables: "lit_lamps" });
    // @ts-expect-error none
    createProjection(db, { name: "lit", topics: [Lamp], onEvent });
  });

  it("say what of their tables is about people", () => {
    const topic = "lamp";
    const personal = { lit_lamps: { topic, id: "lamp_id", columns: ["owner"] } } as const;
    createProjection(db, { ...lit, personal });
    createProjection(db, { ...lit, personal: { lit_lamps: { topic, id: "lamp_id" } } });
    // @ts-expect-error no such table
    createProjection(db, { ...lit, personal: { dark_lamps: { topic, id: "lamp_id" } } });
    // @ts-expect-error it does not follow this one
    createProjection(db, { ...lit, personal: { lit_lamps: { topic: "shade", id: "lamp_id" } } });
    // @ts-expect-error no such column
    createProjection(db, { ...lit, personal: { lit_lamps: { topic, id: "id" } } });
    const columns = ["nothing"] as const;
    // @ts-expect-error no such column
    createProjection(db, { ...lit, personal: { lit_lamps: { topic, id: "lamp_id", columns } } });
  });

  it("are consumers with some settings less", () => {
    const only = { types: ["Switched"], keys: ["a"] } as const;
    createProjection(db, { ...lit, only, batchSize: 10, lockTimeoutMs: 100, onFailure: "stop" });
    // @ts-expect-error a table has one writer at a time
    createProjection(db, { ...lit, slots: 2 });
    // @ts-expect-error what it writes is exactly once
    createProjection(db, { ...lit, delivery: "at-least-once" });
    // @ts-expect-error milliseconds
    createProjection(db, { ...lit, lockTimeoutMs: "1s" });
    // @ts-expect-error no such setting
    createProjection(db, { ...lit, lockTimeout: 100 });
  });

  it("are rebuilt, verified and looked at", () => {
    const projection = createProjection(db, lit);
    const { signal } = new AbortController();
    projection.rebuild({ restart: true, signal, onProgress: ({ position }) => void position });
    projection.verify({ ignore: ["since"], signal });
    expectTypeOf(projection.reset({ signal })).toEqualTypeOf<Promise<boolean>>();
    // @ts-expect-error no such option
    projection.rebuild({ force: true });
    // @ts-expect-error a list
    projection.verify({ ignore: "since" });
  });
});
