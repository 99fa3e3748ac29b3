import type { EntityPlan } from "../define/entity-plan.ts";
import type { JsonValue } from "../define/json-value.ts";
import type { Predicate } from "../port/rows.ts";
import type { Join } from "../port/store.ts";
import type { SealKey } from "./aes-gcm.ts";
import { toText, utf8 } from "./bytes.ts";
import type { DataKeys } from "./data-keys.ts";

/** Turns the values of personal columns into what their columns store. */
export class ColumnHashes<Tx> {
  readonly #plan: EntityPlan;
  readonly #keys: DataKeys<Tx>;
  readonly #places: readonly number[];

  constructor(plan: EntityPlan, keys: DataKeys<Tx>) {
    this.#plan = plan;
    this.#keys = keys;
    this.#places = plan.columns.flatMap(({ isHash }, at) => (isHash ? [at] : []));
  }

  /** Hashes in rows of columns, in the plan's order. */
  async rows<Row extends readonly JsonValue[] | undefined>(
    rows: readonly Row[],
    tx: Join<Tx>,
  ): Promise<readonly Row[]> {
    const isConcerned = rows.some((row) => this.#places.some((at) => (row?.[at] ?? null) !== null));
    if (!isConcerned) return rows;
    const key = await this.#keys.hashKey(tx);
    return Promise.all(
      rows.map(async (row): Promise<Row> => {
        if (row === undefined) return row;
        const hashed = [...row];
        for (const at of this.#places) {
          const { column } = this.#plan.columns[at] as { column: string };
          hashed[at] = await this.#hash(key, column, row[at] ?? null);
        }
        return hashed as readonly JsonValue[] as Row;
      }),
    );
  }

  /** Hashes the values that a finder looks for. */
  async values(
    properties: readonly string[],
    values: readonly JsonValue[],
    tx: Join<Tx>,
  ): Promise<readonly JsonValue[]> {
    const columns = properties.map((property) => this.#hashed(property));
    if (columns.every((column) => column === undefined)) return values;
    const key = await this.#keys.hashKey(tx);
    return Promise.all(
      values.map((value, at) => {
        const column = columns[at];
        return column === undefined ? value : this.#hash(key, column, value);
      }),
    );
  }

  /** A fingerprint that only those with the key can make, where there is anything personal to guess by it. */
  async fingerprint(plain: string, tx: Join<Tx>): Promise<string> {
    if (!this.#keys.hasProvider) return plain;
    const key = await this.#keys.hashKey(tx);
    const signed = await crypto.subtle.sign("HMAC", key, utf8(plain));
    return Array.from(new Uint8Array(signed), (byte) => byte.toString(16).padStart(2, "0")).join(
      "",
    );
  }

  /** Hashes the values in a condition. */
  async predicate(predicate: Predicate, tx: Join<Tx>): Promise<Predicate> {
    switch (predicate.kind) {
      case "all":
      case "any":
        return {
          ...predicate,
          of: await Promise.all(predicate.of.map((one) => this.predicate(one, tx))),
        };
      case "not":
        return { ...predicate, of: await this.predicate(predicate.of, tx) };
      case "compare": {
        const [value] = await this.values([predicate.column], [predicate.value], tx);
        return { ...predicate, value: value as JsonValue };
      }
      case "oneOf": {
        const properties = predicate.values.map(() => predicate.column);
        return { ...predicate, values: await this.values(properties, predicate.values, tx) };
      }
      default:
        return predicate;
    }
  }

  #hashed(property: string): string | undefined {
    const column = this.#plan.columns.find((one) => one.property === property);
    return column?.isHash ? column.column : undefined;
  }

  /** HMAC-SHA-256 over the column and the value, so that columns cannot be compared with each other. Storage format. */
  async #hash(key: SealKey, column: string, value: JsonValue): Promise<JsonValue> {
    if (value === null) return null;
    const text = utf8(JSON.stringify([this.#plan.name, column, value]));
    return toText(new Uint8Array(await crypto.subtle.sign("HMAC", key, text)));
  }
}
