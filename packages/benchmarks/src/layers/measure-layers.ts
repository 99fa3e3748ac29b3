import { annalsPool, createRepository } from "@annals/kysely-adapter";
import { CompiledQuery, Kysely, PostgresDialect } from "kysely";
import { User } from "../entity.ts";
import { interleave, type Variant, warmUp } from "../measure/interleave.ts";
import { median } from "../measure/statistics.ts";
import { overSilentStore, silentPool, storedUser } from "./silent-backends.ts";

/** What one layer needs for one operation. */
export interface LayerCost {
  readonly name: string;
  readonly micros: number;
}

const ID = "019b0000-0000-7000-8000-000000000001";
const SCHEDULE = {
  connections: 1,
  repetitions: 9,
  slotMs: 100,
  warmUp: { runs: 50_000, maxMs: 1_000 },
};

/** Measures the layers without a database: whatever they cost is this process's time. */
export const measureLayers = async (schedule = SCHEDULE): Promise<readonly LayerCost[]> => {
  const variants = await layers();
  await warmUp(variants, schedule.connections, schedule.warmUp);
  const slots = await interleave(variants, schedule);
  return variants.map((variant) => ({
    name: variant.name,
    micros: median((slots.get(variant) ?? []).map((slot) => 1e6 / slot.operationsPerSecond)),
  }));
};

export const layersText = (costs: readonly LayerCost[]): string =>
  ["µs for one operation, without a database:"]
    .concat(costs.map(({ name, micros }) => `  ${name.padEnd(46)}${micros.toFixed(2).padStart(8)}`))
    .join("\n");

const layers = async (): Promise<readonly Variant[]> => {
  const [short, long] = [storedUser(ID, 10), storedUser(ID, 100)];
  return [
    { name: "(an empty operation)", run: async () => {} },
    { name: "(parsing 10 events as JSON)", run: async () => short() },
    { name: "(parsing 100 events as JSON)", run: async () => long() },
    ...(await writes("core", overSilentStore(short))),
    ...(await writes("all layers", overSilentPool(short))),
    ...reads("core", 10, overSilentStore(short)),
    ...reads("all layers", 10, overSilentPool(short)),
    ...reads("core", 100, overSilentStore(long)),
    ...reads("all layers", 100, overSilentPool(long)),
    ...drivers(),
  ];
};

type SilentRepository = Pick<
  ReturnType<typeof overSilentStore>,
  "create" | "update" | "findById" | "findByEmail"
>;

const overSilentPool = (found: ReturnType<typeof storedUser>): SilentRepository => {
  const dialect = new PostgresDialect({ pool: annalsPool(silentPool(found)) });
  return createRepository(User, { db: new Kysely<unknown>({ dialect }) });
};

let count = 0;

const writes = async (layer: string, users: SilentRepository): Promise<readonly Variant[]> => {
  const user = await users.create({ email: "user@example.com", name: "Name" });
  return [
    {
      name: `create: ${layer}`,
      run: () => users.create({ email: "user@example.com", name: "Name" }),
    },
    {
      name: `append: ${layer}`,
      run: async () => {
        count += 1;
        user.rename(`Name ${count}`);
        await users.update(user);
      },
    },
  ];
};

const reads = (layer: string, events: number, users: SilentRepository): readonly Variant[] => [
  { name: `load ${events} events: ${layer}`, run: () => users.findById(ID) },
  {
    name: `find ${events} events: ${layer}`,
    run: () => users.findByEmail("User@example.com"),
  },
];

/** Kysely alone, with a query that was compiled before. */
const drivers = (): readonly Variant[] => {
  const found = storedUser(ID, 1);
  const dialect = new PostgresDialect({ pool: silentPool(found) as never });
  const stock = new Kysely<unknown>({ dialect });
  const proxied = new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: annalsPool(silentPool(found)) }),
  });
  const query = CompiledQuery.raw("select 1", []);
  const pool = silentPool(found);
  return [
    {
      name: "one query: the pool alone",
      run: async () => {
        const client = await pool.connect();
        await client.query("select 1");
        client.release();
      },
    },
    { name: "one query: Kysely", run: () => stock.executeQuery(query) },
    { name: "one query: Kysely and annalsPool", run: () => proxied.executeQuery(query) },
  ];
};
