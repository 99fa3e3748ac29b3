import type { ErasureMethod } from "../define/erasure.ts";
import type { JsonObject, JsonValue } from "../define/json-value.ts";
import {
  FORGOTTEN_MARK,
  findMarks,
  PERSONAL,
  replaceMarks,
  SEALED,
  UNREADABLE,
  withoutPersonal,
} from "../define/personal-marks.ts";
import { SubjectForgottenError } from "../errors/erase-errors.ts";
import type { Join } from "../port/store.ts";
import type { PersonalRow, SubjectUse } from "../port/subject-store.ts";
import { decrypt, encrypt } from "./aes-gcm.ts";
import { fromText, fromUtf8, toText, utf8 } from "./bytes.ts";
import type { DataKeys, ReadKey } from "./data-keys.ts";

/** Where JSON with personal values stands. What is sealed in one place cannot be opened in another. */
export interface SealPlace {
  /** The entity's name, or the topic's. */
  readonly topic: string;
  /** The entity's id, or the key of a topic of its own. */
  readonly id: string;
  /** The event's number within its entity; 0 in a topic of its own. */
  readonly sequence: number;
  /** The event's type. */
  readonly type: string;
}

/** JSON whose personal values are in the clear, and whose they are. */
export interface OpenJson {
  readonly place: SealPlace;
  /** `kind/id`. */
  readonly subject: string;
  /** Whether nobody can have written of the subject before. */
  readonly isFresh: boolean;
  readonly json: JsonObject;
}

/** JSON as it is stored. */
export interface SealedJson {
  readonly place: SealPlace;
  readonly json: JsonObject;
}

/** A sealed value in its mark: encrypted, or by the row that has it; of another subject than the entity. */
interface Sealed {
  readonly c?: string;
  readonly p?: string;
  readonly s?: string;
}

/** Whom the sealed values in JSON are about. */
export const subjectsOf = ({ place, json }: SealedJson): readonly string[] =>
  findMarks(json, SEALED).map(({ value }) => (value as Sealed).s ?? ownSubject(place));

/** The subject that an entity itself is. */
export const ownSubject = ({ topic, id }: Pick<SealPlace, "topic" | "id">): string =>
  `${topic}/${id}`;

/**
 * The one place where JSON with personal values becomes what is stored, and back. Works on lists, so that
 * keys are asked for once for a batch.
 */
export class Vault<Tx> {
  readonly #keys: DataKeys<Tx>;

  constructor(keys: DataKeys<Tx>) {
    this.#keys = keys;
  }

  /**
   * Seals the personal values of JSON. With `payload-table`, `tx` has to be the transaction that writes it.
   *
   * @throws SubjectForgottenError, KeyProviderError
   */
  async seal(
    method: ErasureMethod,
    given: readonly OpenJson[],
    uses: readonly SubjectUse[],
    tx: Join<Tx>,
  ): Promise<readonly JsonObject[]> {
    const marked = given.map((one) => ({ ...one, marks: findMarks(one.json, PERSONAL) }));
    const concerned = marked.filter(({ marks }) => marks.length > 0);
    if (concerned.length === 0) return given.map(({ json }) => json);
    const sealed =
      method === "crypto-shredding"
        ? await this.#encrypted(concerned, uses, tx)
        : await this.#inRows(concerned, uses, tx);
    return marked.map((one) => {
      const values = sealed.get(one.json)?.values();
      if (values === undefined) return one.json;
      const next = (): JsonValue => ({ [SEALED]: values.next().value as JsonObject });
      return replaceMarks(one.json, PERSONAL, next) as JsonObject;
    });
  }

  /**
   * Opens what was sealed: each value is as it was, forgotten, or marked as unreadable.
   *
   * @throws KeyProviderError
   */
  async open(given: readonly SealedJson[], tx: Join<Tx>): Promise<readonly JsonObject[]> {
    if (this.#keys.areHidden) return given.map(({ json }) => withoutPersonal(json));
    const marks = given.map(({ json, place }) =>
      findMarks(json, SEALED).map(({ path, value }) => ({
        boundTo: { place, path },
        sealed: value as Sealed,
        subject: (value as Sealed).s ?? ownSubject(place),
      })),
    );
    const all = marks.flat();
    if (all.length === 0) return given.map(({ json }) => json);
    const refs = all.flatMap(({ sealed: { p } }) => p ?? []);
    const rows = refs.length === 0 ? new Map() : await this.#keys.values(refs, tx);
    // Whoever has no row any more may have been forgotten; whoever is encrypted needs the key.
    const asked = all.filter(({ sealed: { p } }) => p === undefined || !rows.has(p));
    const subjects = [...new Set(asked.map(({ subject }) => subject))];
    const keys = await this.#keys.forReading(subjects, tx);
    return Promise.all(
      given.map(async ({ json }, at) => {
        const opened = await Promise.all(
          (marks[at] ?? []).map(async ({ boundTo, sealed, subject }): Promise<JsonValue> => {
            const row = sealed.p === undefined ? undefined : rows.get(sealed.p);
            if (row !== undefined) return { [PERSONAL]: row };
            return openedWith(keys.get(subject), sealed, subject, boundTo);
          }),
        );
        if (opened.length === 0) return json;
        const values = opened.values();
        return replaceMarks(json, SEALED, () => values.next().value as JsonValue) as JsonObject;
      }),
    );
  }

  async #encrypted(
    given: readonly MarkedJson[],
    uses: readonly SubjectUse[],
    tx: Join<Tx>,
  ): Promise<ReadonlyMap<JsonObject, readonly JsonObject[]>> {
    const subjects = [...new Set(given.map(({ subject }) => subject))];
    const fresh = new Set(given.filter(({ isFresh }) => isFresh).map(({ subject }) => subject));
    const keys = await this.#keys.forWriting({ subjects, fresh, uses }, tx);
    const entries = given.map(async ({ json, place, subject, marks }) => {
      const key = keys.get(subject);
      if (key === undefined) throw new SubjectForgottenError({ entity: place.topic, subject });
      const sealed = marks.map(async ({ path, value }) => {
        const bound = boundBytes({ place, path }, subject);
        const c = toText(await encrypt(key, utf8(JSON.stringify(value)), bound));
        return { ...nameOfOther(place, subject), c };
      });
      return [json, await Promise.all(sealed)] as const;
    });
    return new Map(await Promise.all(entries));
  }

  async #inRows(
    given: readonly MarkedJson[],
    uses: readonly SubjectUse[],
    tx: Join<Tx>,
  ): Promise<ReadonlyMap<JsonObject, readonly JsonObject[]>> {
    const values: PersonalRow[] = [];
    const entries = given.map(({ json, place, subject, marks }) => {
      const sealed = marks.map(({ value }) => {
        const ref = crypto.randomUUID();
        values.push({ ref, subject, value });
        return { ...nameOfOther(place, subject), p: ref };
      });
      return [json, sealed] as const;
    });
    const [subject] = await this.#keys.addValues(values, uses, tx);
    const [first] = given;
    if (subject !== undefined) {
      throw new SubjectForgottenError({ entity: first?.place.topic ?? "", subject });
    }
    return new Map(entries);
  }
}

interface MarkedJson extends OpenJson {
  readonly marks: ReturnType<typeof findMarks>;
}

interface BoundTo {
  readonly place: SealPlace;
  readonly path: readonly (string | number)[];
}

/** An entity's own values name nobody: they are the entity's. */
const nameOfOther = (place: SealPlace, subject: string): { readonly s?: string } =>
  subject === ownSubject(place) ? {} : { s: subject };

/** What a ciphertext is bound to. Storage format. */
const boundBytes = (
  { place: { topic, id, sequence, type }, path }: BoundTo,
  subject: string,
): Uint8Array<ArrayBuffer> =>
  utf8(JSON.stringify(["annals", 1, topic, id, sequence, type, subject, ...path]));

const openedWith = async (
  key: ReadKey | undefined,
  { c }: Sealed,
  subject: string,
  boundTo: BoundTo,
): Promise<JsonValue> => {
  if (key === "forgotten") return FORGOTTEN_MARK;
  const sealed = c === undefined ? undefined : fromText(c);
  if (sealed === undefined) return { [UNREADABLE]: "is sealed, and its value is not there" };
  if (key === undefined || key === "missing") {
    return { [UNREADABLE]: "is sealed, and the key of its subject is not there" };
  }
  const plain = await decrypt(key, sealed, boundBytes(boundTo, subject));
  if (plain === undefined) return { [UNREADABLE]: "is sealed, and its key does not open it here" };
  return { [PERSONAL]: JSON.parse(fromUtf8(plain)) as JsonValue };
};
