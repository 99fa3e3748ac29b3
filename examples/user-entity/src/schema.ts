import pg from "pg";

const DUPLICATE_SCHEMA = "42P06";

/**
 * Creates the first of annals_demo_1, annals_demo_2, … that is free. Nothing that an earlier run
 * created, or anybody else, is ever touched.
 */
export const createFreshSchema = async (connectionString: string): Promise<string> => {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    for (let number = 1; ; number += 1) {
      const schema = `annals_demo_${number}`;
      if (await created(client, schema)) return schema;
    }
  } finally {
    await client.end();
  }
};

const created = async (client: pg.Client, schema: string): Promise<boolean> => {
  try {
    await client.query(`create schema ${pg.escapeIdentifier(schema)}`);
    return true;
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === DUPLICATE_SCHEMA) return false;
    throw error;
  }
};
