import type { $ZodObject, output } from "zod/v4/core";
import { refusePersonal, refuseUnstorable } from "../define/event-checks.ts";
import type { JsonObject } from "../define/json-value.ts";
import { type PayloadCodec, payloadCodec } from "../define/payload-codec.ts";
import { StateError } from "../errors/consume-errors.ts";
import { InvalidDefinitionError } from "../errors/define-errors.ts";
import { InvalidArgumentError } from "../errors/read-errors.ts";
import type { StateStore } from "../port/state-store.ts";
import type { Store } from "../port/store.ts";

export interface KeyedStateOptions<Schema extends $ZodObject> {
  /** Under which it is stored; by custom the name of the consumer that keeps it. Never change it. */
  readonly name: string;
  /** What is kept for a key. */
  readonly schema: Schema;
}

/** The handler's transaction, in which state is read and written. */
export interface StateCall<Tx> {
  readonly tx: Tx;
}

/** State that a consumer keeps by key between events, changed together with its checkpoint. */
export interface KeyedState<Value, Tx> {
  /**
   * What is kept for a key; `undefined` for nothing. Until the transaction ends, another one that asks for
   * the same key waits.
   *
   * @throws StateError when what is stored does not fit the schema.
   */
  get(key: string, options: StateCall<Tx>): Promise<Value | undefined>;

  /**
   * Keeps a value for a key, in place of what was there. `until` says when `takeDue` finds it; nothing goes
   * by itself.
   *
   * @throws StateError when the value does not fit the schema.
   */
  set(key: string, value: Value, options: StateCall<Tx> & { readonly until?: Date }): Promise<void>;

  /** Keeps nothing for a key any more. Returns whether there was something. */
  delete(key: string, options: StateCall<Tx>): Promise<boolean>;

  /**
   * Takes what was to be kept until `time` or before, the earliest first: 100 at most, unless `limit` says
   * otherwise. Others that take at the same time get others.
   *
   * @throws StateError
   */
  takeDue(
    time: Date,
    options: StateCall<Tx> & { readonly limit?: number },
  ): Promise<readonly { readonly key: string; readonly value: Value }[]>;
}

const KEY_MAX = 500;
const TAKE_MAX = 10_000;

/**
 * Opens state by key over a store.
 *
 * @throws InvalidDefinitionError for a name or a schema that cannot be stored.
 */
export const createStoreState = <Schema extends $ZodObject, Tx>(
  store: Pick<Store<Tx>, "state">,
  { name, schema }: KeyedStateOptions<Schema>,
): KeyedState<output<Schema>, Tx> => {
  checkDefinition(name, schema);
  const codec = payloadCodec(schema);
  const states: StateStore<Tx> = store.state(name);
  const decode = (key: string, stored: JsonObject): output<Schema> =>
    decoded(codec, name, key, stored) as output<Schema>;

  const state: KeyedState<output<Schema>, Tx> = {
    get: async (key, { tx }) => {
      const stored = await states.get(checkKey(name, key), tx);
      return stored && decode(key, stored);
    },
    set: async (key, value, { tx, until }) => {
      checkTime(name, until);
      const encoded = codec.encode(value as object);
      if (!encoded.ok) {
        const { issues, cause } = encoded;
        throw new StateError({ state: name, key, does: "written", issues }, { cause });
      }
      await states.set(checkKey(name, key), encoded.result.stored, until, tx);
    },
    delete: (key, { tx }) => states.delete(checkKey(name, key), tx),
    takeDue: async (time, { tx, limit = 100 }) => {
      checkTime(name, time);
      const due = await states.takeDue(time, checkLimit(name, limit), tx);
      return due.map(({ key, value }) => ({ key, value: decode(key, value) }));
    },
  };
  return Object.freeze(state);
};

const checkDefinition = (name: string, schema: $ZodObject): void => {
  if (typeof name !== "string" || !/^[A-Za-z][A-Za-z0-9_.:-]{0,199}$/.test(name)) {
    throw new InvalidDefinitionError(
      String(name),
      "the state's name is not usable",
      "Use up to 200 letters, digits and _ . : -, with a letter first.",
    );
  }
  if (schema?._zod?.def?.type !== "object") {
    throw new InvalidDefinitionError(
      name,
      "the state's schema is no object schema",
      "Use z.object({ … }).",
    );
  }
  refuseUnstorable(name, "the state's schema", schema);
  refusePersonal(name, "the state's schema", schema);
};

const decoded = (codec: PayloadCodec, name: string, key: string, stored: JsonObject): object => {
  const result = codec.decode(stored);
  if (result.ok) return result.result;
  const { issues, cause } = result;
  throw new StateError({ state: name, key, does: "read", issues }, { cause });
};

const checkKey = (name: string, key: string): string => {
  const isUsable = typeof key === "string" && key.length > 0 && key.length <= KEY_MAX;
  if (isUsable && key.isWellFormed() && !key.includes("\u0000")) return key;
  throw new InvalidArgumentError(
    name,
    `the key is not a text of 1 to ${KEY_MAX} characters that PostgreSQL can store`,
    "Use an id or a short name; hash what is longer.",
  );
};

const checkTime = (name: string, time: Date | undefined): void => {
  if (time === undefined || (time instanceof Date && !Number.isNaN(time.getTime()))) return;
  throw new InvalidArgumentError(name, "a time is no valid Date", "Pass a Date.");
};

const checkLimit = (name: string, limit: number): number => {
  if (Number.isInteger(limit) && limit >= 1 && limit <= TAKE_MAX) return limit;
  throw new InvalidArgumentError(
    name,
    `limit is not a whole number from 1 to ${TAKE_MAX.toLocaleString("en-US")}`,
    "Leave it out for 100.",
  );
};
