import type pg from "pg";

let count = 0;

/** An id that no other account has. */
export const newId = (): string => {
  count += 1;
  return `01890a5d-ac96-774b-bcce-${String(count).padStart(12, "0")}`;
};

export const opened = (email: string) => ({
  type: "AccountOpened",
  email,
  name: "Ada",
  tenantId: "t",
});
export const renamed = (name: string) => ({ type: "AccountRenamed", name });
export const columnsOf = (email: string) => ({ email, name: "Ada", tenant_id: "t" });

/** Writes accounts by `account_append`, as a client in another language would. */
export const sqlAccounts = (pool: pg.Pool) => {
  const append = async (
    id: string | null,
    version: number | null,
    events: unknown,
    columns: unknown = {},
    context: unknown = null,
  ): Promise<number> => {
    const text = "select account_append($1, $2, $3, $4, $5) as version";
    const values = [id, version, JSON.stringify(events), JSON.stringify(columns), context];
    const { rows } = await pool.query<{ version: number }>(text, values);
    return rows[0]?.version as number;
  };
  const create = async (): Promise<{ id: string; email: string }> => {
    const id = newId();
    const email = `${id}@example.com`;
    await append(id, 0, [opened(email)], columnsOf(email));
    return { id, email };
  };
  return { append, create };
};
