import { KeyProviderError, KeysRequiredError } from "../errors/erase-errors.ts";
import { isJoined } from "../port/joined.ts";
import type { KeyProvider, WrappedKey } from "../port/key-provider.ts";
import type { Join } from "../port/store.ts";
import type {
  PersonalRow,
  StoredSubject,
  SubjectStore,
  SubjectUse,
  SubjectWrite,
} from "../port/subject-store.ts";
import { LeastRecentlyUsed } from "../read/least-recently-used.ts";
import { aesKey, newKeyBytes, type SealKey } from "./aes-gcm.ts";
import { toText } from "./bytes.ts";
import { hiddenKeys } from "./hidden-keys.ts";

/** The subject whose key hashes index columns. No kind of a definition's can be named like it. */
export const HASH_SUBJECT = "$columns/1";

/** How many unwrapped keys are kept. */
const KEPT_MAX = 10_000;

/** Whether what a subject sealed can be read. */
export type ReadKey = SealKey | "forgotten" | "missing";

interface Kept {
  /** The wrapped form that the key came from: a row with another one has another key. */
  readonly from: string;
  readonly key: SealKey;
}

/** What a write needs of its subjects. */
export interface WriteNeeds {
  /** Those whose key is needed, by `kind/id`. */
  readonly subjects: readonly string[];
  /** Those among them that nobody can have written of before. */
  readonly fresh: ReadonlySet<string>;
  readonly uses: readonly SubjectUse[];
}

/**
 * The data keys of subjects. The database is asked at every read and write who was forgotten; what is kept here
 * only saves the provider's work, and a subject that was forgotten leaves it then.
 */
export class DataKeys<Tx> {
  readonly #definition: string;
  readonly #store: SubjectStore<Tx>;
  readonly #provider: KeyProvider | undefined;
  readonly #kept = new LeastRecentlyUsed<string, Kept>(KEPT_MAX);
  #hashKey: SealKey | undefined;

  constructor(definition: string, store: SubjectStore<Tx>, provider: KeyProvider | undefined) {
    this.#definition = definition;
    this.#store = store;
    this.#provider = provider;
  }

  /** Whether nobody is to see what is personal. */
  get areHidden(): boolean {
    return this.#provider === hiddenKeys;
  }

  get hasProvider(): boolean {
    return this.#provider !== undefined;
  }

  /** The keys of subjects as they are now. */
  async forReading(
    subjects: readonly string[],
    tx: Join<Tx>,
  ): Promise<ReadonlyMap<string, ReadKey>> {
    if (subjects.length === 0) return new Map();
    const found = await this.#store.read(subjects, tx);
    const keys: Map<string, ReadKey> = new Map(subjects.map((subject) => [subject, "missing"]));
    for (const [subject, key] of await this.#unwrapped(found)) keys.set(subject, key);
    for (const { subject, isForgotten } of found) if (isForgotten) keys.set(subject, "forgotten");
    return keys;
  }

  /** The keys of subjects, who get one where they have none; without those who were forgotten. */
  async forWriting(needs: WriteNeeds, tx: Join<Tx>): Promise<ReadonlyMap<string, SealKey>> {
    const { subjects, fresh, uses } = needs;
    const isKnown = subjects.some((subject) => !fresh.has(subject));
    const known =
      isKnown || uses.length > 0
        ? await this.#register({ subjects: [], uses, values: [] }, subjects, tx)
        : [];
    const missing = without(subjects, known);
    const added = missing.length === 0 ? [] : await this.#add(missing, tx);
    return this.#unwrapped([...known, ...added.filter(({ subject }) => missing.includes(subject))]);
  }

  /** Adds values in rows of their own, and returns which of their subjects were forgotten. */
  async addValues(
    values: readonly PersonalRow[],
    uses: readonly SubjectUse[],
    tx: Join<Tx>,
  ): Promise<readonly string[]> {
    const names = [...new Set(values.map(({ subject }) => subject))];
    const subjects = names.map((subject) => ({ subject, key: undefined }));
    const known = await this.#register({ subjects, uses, values }, names, tx);
    return known.filter(({ isForgotten }) => isForgotten).map(({ subject }) => subject);
  }

  values(refs: readonly string[], tx: Join<Tx>): ReturnType<SubjectStore<Tx>["values"]> {
    return this.#store.values(refs, tx);
  }

  /** The key that index columns are hashed with, one for the database. */
  async hashKey(tx: Join<Tx>): Promise<SealKey> {
    if (this.#hashKey !== undefined) return this.#hashKey;
    const [found] = await this.#store.read([HASH_SUBJECT], tx);
    const [row] = found === undefined ? await this.#add([HASH_SUBJECT], tx) : [found];
    const [bytes] = await this.#unwrap([row as StoredSubject & { readonly key: WrappedKey }]);
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    const raw = new Uint8Array(bytes as Uint8Array);
    const key = await crypto.subtle.importKey("raw", raw, algorithm, false, ["sign"]);
    // A row that was seen in a transaction may never be committed.
    const mayVanish = isJoined(tx) || this.#store.isInTransaction;
    if (!mayVanish) this.#hashKey = key;
    return key;
  }

  async #add(subjects: readonly string[], tx: Join<Tx>): Promise<readonly StoredSubject[]> {
    const fresh = subjects.map((subject) => ({ subject, key: newKeyBytes() }));
    const wrapped = await this.#ask("wrap", fresh.length, (provider) => provider.wrap(fresh));
    const rows = subjects.map((subject, at) => ({ subject, key: wrapped[at] as WrappedKey }));
    for (const [at, { subject, key }] of rows.entries()) {
      await this.#remember(subject, key, fresh[at]?.key as Uint8Array);
    }
    return this.#register({ subjects: rows, uses: [], values: [] }, subjects, tx);
  }

  /** Who adds the same subject at once may have won, unseen by the statement that waited for it. */
  async #register(
    write: SubjectWrite,
    wanted: readonly string[],
    tx: Join<Tx>,
  ): Promise<readonly StoredSubject[]> {
    const found = await this.#store.register(write, wanted, tx);
    const unseen = without(
      write.subjects.map(({ subject }) => subject),
      found,
    );
    return unseen.length === 0 ? found : [...found, ...(await this.#store.read(unseen, tx))];
  }

  async #unwrapped(rows: readonly StoredSubject[]): Promise<ReadonlyMap<string, SealKey>> {
    const keys = new Map<string, SealKey>();
    const unknown: (StoredSubject & { readonly key: WrappedKey })[] = [];
    for (const row of rows) {
      const { subject, key, isForgotten } = row;
      if (isForgotten) this.#kept.delete(subject);
      else if (key !== undefined) {
        const kept = this.#kept.get(subject);
        if (kept?.from === nameOf(key)) keys.set(subject, kept.key);
        else unknown.push({ ...row, key });
      }
    }
    const bytes = await this.#unwrap(unknown);
    for (const [at, { subject, key }] of unknown.entries()) {
      keys.set(subject, await this.#remember(subject, key, bytes[at] as Uint8Array));
    }
    return keys;
  }

  async #remember(subject: string, wrapped: WrappedKey, bytes: Uint8Array): Promise<SealKey> {
    const key = await aesKey(new Uint8Array(bytes));
    this.#kept.set(subject, { from: nameOf(wrapped), key }, 1);
    return key;
  }

  async #unwrap(
    rows: readonly (StoredSubject & { readonly key: WrappedKey })[],
  ): Promise<readonly Uint8Array[]> {
    if (rows.length === 0) return [];
    const given = rows.map(({ subject, key }) => ({ subject, ...key }));
    return this.#ask("unwrap", rows.length, (provider) => provider.unwrap(given));
  }

  async #ask<Result>(
    does: "wrap" | "unwrap",
    keys: number,
    ask: (provider: KeyProvider) => Promise<Result>,
  ): Promise<Result> {
    if (this.#provider === undefined) throw new KeysRequiredError(this.#definition);
    try {
      return await ask(this.#provider);
    } catch (cause) {
      throw new KeyProviderError({ does, keys }, { cause });
    }
  }
}

const nameOf = ({ keyId, wrapped }: WrappedKey): string => `${keyId} ${toText(wrapped)}`;

const without = (
  subjects: readonly string[],
  known: readonly StoredSubject[],
): readonly string[] => {
  const names = new Set(known.map(({ subject }) => subject));
  return subjects.filter((subject) => !names.has(subject));
};
