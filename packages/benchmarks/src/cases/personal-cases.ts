import { defineEntity, type ErasureMethod, localKeys, newLocalKey, personal } from "@annals/core";
import { createRepository, entityMigration } from "@annals/kysely-adapter";
import * as z from "zod";
import type { BenchmarkDatabase } from "../database.ts";
import type { Variant } from "../measure/interleave.ts";
import type { CaseSource } from "./benchmark-case.ts";

const keys = localKeys({ current: "benchmark", keys: { benchmark: newLocalKey() } });

/** A person whose email and name are in the clear, or personal and kept in one of the two ways. */
const definePerson = (name: string, method: ErasureMethod | "clear") => {
  const email = method === "clear" ? z.email() : personal(z.email());
  const given = method === "clear" ? z.string() : personal(z.string());
  return defineEntity({
    name,
    schema: z.object({ email, name: given }),
    events: {
      Registered: z.object({ email, name: given }),
      Renamed: z.object({ name: given }),
      Forgot: z.object({}),
    },
    ...(method !== "clear" && { erasure: { method, event: "Forgot" as const } }),
    create: (input: { email: string; name: string }) => ({ type: "Registered", ...input }),
    evolve: {
      Registered: (_, event) => ({ email: event.email, name: event.name }),
      Renamed: (state, event) => ({ ...state, name: event.name }),
      Forgot: (state) => state,
    },
    commands: { rename: (_, to: string) => ({ type: "Renamed", name: to }) },
    index: { email: { unique: true } },
  });
};

type People = ReturnType<typeof openPeople>;

const openPeople = ({ db }: BenchmarkDatabase, definition: ReturnType<typeof definePerson>) =>
  createRepository(definition, { db, keys });

const WAYS = { clear: "clear", sealed: "crypto-shredding", "in rows": "payload-table" } as const;

const opened = async (database: BenchmarkDatabase, prefix: string) =>
  Promise.all(
    Object.entries(WAYS).map(async ([way, method]) => {
      const definition = definePerson(`${prefix}${way.replace(" ", "")}`, method);
      await entityMigration(definition).up(database.db);
      return { name: `annals, ${way}`, people: openPeople(database, definition) };
    }),
  );

let count = 0;

const created = (people: People) => {
  count += 1;
  return people.create({ email: `person-${count}@example.com`, name: `Name ${count}` });
};

const compared = (variants: readonly Variant[]) => ({ floor: variants[0] as Variant, variants });

/** Creates somebody with two personal values, one of them an index column. */
const createPersonal: CaseSource = {
  name: "create-personal",
  unit: "entities",
  prepare: async (database) => {
    const ways = await opened(database, "newcomer");
    return compared(ways.map(({ name, people }) => ({ name, run: () => created(people) })));
  },
};

/** Brings somebody back from ten events, each with a personal value. */
const loadPersonal: CaseSource = {
  name: "load-10-personal",
  unit: "entities",
  prepare: async (database, { readers }) => {
    const ways = await opened(database, "resident");
    const variants: Variant[] = [];
    for (const { name, people } of ways) {
      const ids: string[] = [];
      for (let at = 0; at < Math.min(readers, 500); at += 1) {
        const person = await created(people);
        for (let event = 2; event <= 10; event += 1) person.rename(`Name ${event}`);
        await people.update(person);
        ids.push(person.id);
      }
      let at = 0;
      const run = async () => {
        at = (at + 1) % ids.length;
        const { version } = await people.findById(ids[at] as string);
        if (version !== 10) throw new Error(`A read of the benchmark found ${version} events`);
      };
      variants.push({ name, run });
    }
    return compared(variants);
  },
};

export const personalCases: readonly CaseSource[] = [createPersonal, loadPersonal];
