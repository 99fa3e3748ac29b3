import type { JsonObject } from "../define/json-value.ts";
import { findMarks, PERSONAL } from "../define/personal-marks.ts";
import type { PublishedModel } from "../define/topic-definition.ts";
import { InvalidEventError } from "../errors/decide-errors.ts";
import { KeysRequiredError } from "../errors/erase-errors.ts";
import type { KeyProvider } from "../port/key-provider.ts";
import type { Store } from "../port/store.ts";
import type { Publication, TopicStore } from "../port/topic-store.ts";
import { DataKeys } from "./data-keys.ts";
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
  const { method, kind, field } = erasure;
  if (method === "crypto-shredding" && keys === undefined) throw new KeysRequiredError(plan.name);
  const vault = new Vault(new DataKeys<Tx>(plan.name, store.subjects(), keys));

  const openJson = ({ key: id, body }: Publication): OpenJson => {
    const place = placeOf(plan.name, id, body);
    const isMarked = findMarks(body, PERSONAL).length > 0;
    const subject = isMarked ? `${kind}/${subjectIn(plan.name, body, field)}` : ownSubject(place);
    return { place, subject, isFresh: false, json: body };
  };

  return {
    ...topic,
    publish: async (write, join) => {
      const given = write.publications.map(openJson);
      const marked = given.filter(({ json }) => findMarks(json, PERSONAL).length > 0);
      if (marked.length === 0) return topic.publish(write, join);
      const subjects = [...new Set(marked.map(({ subject }) => subject))];
      const uses = subjects.map((subject) => ({ subject, topic: plan.name, id: "" }));
      const publish = async (tx: typeof join) => {
        const bodies = await vault.seal(method, given, uses, tx);
        const publications = write.publications.map((one, at) => ({
          ...one,
          body: bodies[at] ?? one.body,
        }));
        return topic.publish({ ...write, publications }, tx);
      };
      if (method !== "payload-table" || (join !== undefined && join !== "none")) {
        return publish(join);
      }
      const forgot = join === undefined ? { call: [plan.name, "publish"] as const } : {};
      return store.transaction(publish, { entity: plan.name, ...forgot });
    },
    latest: async (key, join) => {
      const found = await topic.latest(key, join);
      if (found === undefined) return undefined;
      const place = placeOf(plan.name, found.id, found.body);
      const [body = found.body] = await vault.open([{ place, json: found.body }], join);
      return { ...found, body };
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
