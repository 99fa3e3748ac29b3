import type { JsonObject } from "../define/json-value.ts";
import { findMarks, PERSONAL } from "../define/personal-marks.ts";
import type { PublishedModel } from "../define/topic-definition.ts";
import { InvalidEventError } from "../errors/decide-errors.ts";
import { KeysRequiredError } from "../errors/erase-errors.ts";
import { isJoined } from "../port/joined.ts";
import type { KeyProvider } from "../port/key-provider.ts";
import type { Store } from "../port/store.ts";
import type { Publication, TopicStore } from "../port/topic-store.ts";
import { DataKeys } from "./data-keys.ts";
import { headersPlace, markedHeaders } from "./sealed-headers.ts";
import { type OpenJson, ownSubject, Vault } from "./vault.ts";

/**
 * The store of a topic of its own, which seals what is personal; the store itself where nothing is.
 *
 * @throws KeysRequiredError
 */
export const sealedTopic = <Tx>(
  { plan, erasure }: PublishedModel,
  store: Pick<Store<Tx>, "topic" | "subjects" | "transaction">,
  keys: KeyProvider | undefined,
): TopicStore<Tx> => {
  const topic = store.topic(plan);
  if (erasure === undefined) return topic;
  const { method, kind, field, headers: personalHeaders } = erasure;
  if (method === "crypto-shredding" && keys === undefined) throw new KeysRequiredError(plan.name);
  const vault = new Vault(new DataKeys<Tx>(plan.name, store.subjects(), keys));

  /** The body and the headers, which are both about whom the body names. */
  const openJson = ({ key: id, body, headers }: Publication): readonly [OpenJson, OpenJson] => {
    const place = placeOf(plan.name, id, body);
    const marked = markedHeaders(headers, personalHeaders);
    const isMarked = [body, marked].some((json) => findMarks(json, PERSONAL).length > 0);
    const subject = isMarked ? `${kind}/${subjectIn(plan.name, body, field)}` : ownSubject(place);
    const open = { subject, isFresh: false };
    return [
      { ...open, place, json: body },
      { ...open, place: headersPlace(plan.name, id), json: marked },
    ];
  };

  return {
    ...topic,
    publish: async (write, join) => {
      const given = write.publications.flatMap(openJson);
      const marked = given.filter(({ json }) => findMarks(json, PERSONAL).length > 0);
      if (marked.length === 0) return topic.publish(write, join);
      const subjects = [...new Set(marked.map(({ subject }) => subject))];
      const uses = subjects.map((subject) => ({ subject, topic: plan.name, id: "" }));
      const publish = async (tx: typeof join) => {
        const sealed = await vault.seal(method, given, uses, tx);
        const publications = write.publications.map((one, at) => ({
          ...one,
          body: sealed[2 * at] ?? one.body,
          headers: sealed[2 * at + 1] ?? one.headers,
        }));
        return topic.publish({ ...write, publications }, tx);
      };
      if (method !== "payload-table" || isJoined(join)) {
        return publish(join);
      }
      const forgot = join === undefined ? { call: [plan.name, "publish"] as const } : {};
      return store.transaction(publish, { entity: plan.name, ...forgot });
    },
    latest: async (key, join) => {
      const found = await topic.latest(key, join);
      if (found === undefined) return undefined;
      const { id, body, headers } = found;
      const [opened = body, openedHeaders = headers] = await vault.open(
        [
          { place: placeOf(plan.name, id, body), json: body },
          { place: headersPlace(plan.name, id), json: headers ?? {} },
        ],
        join,
      );
      return { ...found, body: opened, headers: openedHeaders };
    },
  };
};

const placeOf = (topic: string, id: string, body: JsonObject) => ({
  topic,
  id,
  sequence: 0,
  type: String(body.type),
});

const subjectIn = (topic: string, body: JsonObject, field: string | undefined): string => {
  const id = field === undefined ? undefined : body[field];
  if (typeof id === "number" || (typeof id === "string" && id !== "")) return String(id);
  const issues = [
    { path: [field ?? ""], message: "names nobody, but the event has personal values" },
  ];
  throw new InvalidEventError({ entity: topic, eventType: String(body.type), issues });
};
