import type { TopicModel } from "../define/any-topic.ts";
import { model as modelKey } from "../define/entity-definition.ts";
import type { EntityModel } from "../define/entity-model.ts";
import type { EntityPlan } from "../define/entity-plan.ts";
import type { PublishedModel } from "../define/topic-definition.ts";
import { InvalidArgumentError } from "../errors/read-errors.ts";
import type { Store } from "../port/store.ts";
import type { ForgetCounts, StoredReceipt, SubjectUse } from "../port/subject-store.ts";
import type { StoreHooks } from "../repository/repository-hooks.ts";
import type { Erasure, ErasureSettings, ForgetReceipt, Subject } from "./erasure-type.ts";
import { forgetEntity } from "./forget-entity.ts";
import { forgetInTopic } from "./forget-in-topic.ts";
import { rotateKeys } from "./rotate-keys.ts";

const PAGE = 100;

/**
 * Opens what forgets people over a store.
 *
 * @param hooksOf what is called around the write to each entity of a name.
 * @throws KeysRequiredError
 */
export const createStoreErasure = <Tx, Opened extends Tx = Tx>(
  store: Store<Tx, Opened>,
  { definitions, contexts = [], keys }: ErasureSettings,
  hooksOf: (entity: string) => StoreHooks<Opened> = () => ({}),
): Erasure => {
  const subjects = store.subjects();
  const models = new Map(
    definitions
      .map((definition): TopicModel => definition[modelKey])
      .filter(({ erasure }) => erasure !== undefined)
      .map((one) => [one.plan.name, one]),
  );
  const kinds = new Set([
    ...[...models.values()].map(({ erasure }) => erasure?.kind),
    ...contexts.map(({ erasure }) => erasure?.subject.kind),
  ]);
  const nameOf = naming(models, kinds);
  const settle = settling(store, models, keys, hooksOf);

  const forget: Erasure["forget"] = async (subject, { reason }) => {
    const name = nameOf(subject);
    checkReason(reason);
    await checkKnown(name);
    const earlier = await subjects.receipt(name);
    if (earlier !== undefined && (await subjects.pending(name, undefined, 1)).length === 0) {
      return toReceipt(subject, earlier);
    }
    const own = ownUses(models, subject);
    const { values } = await subjects.forget({ subject: name, reason, own });
    const counts = { entities: 0, topics: 0, values };
    let isNew = earlier === undefined;
    for await (const use of pendingUses(name)) {
      const kind = await settle(use, subject);
      if (kind === undefined) continue;
      counts[kind] += 1;
      isNew = true;
    }
    for (const { plan } of models.values()) {
      if (plan.kind === "entity") await subjects.forgetRequests(plan as EntityPlan, name);
    }
    if (earlier !== undefined && !isNew) return toReceipt(subject, earlier);
    return toReceipt(subject, await subjects.complete(name, reason, counts));
  };

  async function* pendingUses(name: string): AsyncGenerator<SubjectUse> {
    let after: SubjectUse | undefined;
    for (;;) {
      const page = await subjects.pending(name, after, PAGE);
      yield* page;
      after = page.at(-1);
      if (page.length < PAGE) return;
    }
  }

  /** Before anything is done: what is not known cannot be told, nor cleared. */
  const checkKnown = async (name: string): Promise<void> => {
    for await (const { topic } of pendingUses(name)) {
      if (models.has(topic)) continue;
      throw new InvalidArgumentError(
        "erasure",
        `"${topic}" has values of ${name}, but its definition was not given`,
        "Open the erasure with all definitions that have personal fields.",
      );
    }
  };

  return Object.freeze({
    forget,
    receipt: async (subject) => {
      const found = await subjects.receipt(nameOf(subject));
      return found && toReceipt(subject, found);
    },
    rotateKeys: ({ signal } = {}) => rotateKeys(subjects, keys, signal),
  } satisfies Erasure);
};

type Settled = keyof Pick<ForgetCounts, "entities" | "topics">;

/** Writes the event to one place; `undefined` where there is nothing to write it to. */
const settling = <Tx, Opened extends Tx>(
  store: Store<Tx, Opened>,
  models: ReadonlyMap<string, TopicModel>,
  keys: ErasureSettings["keys"],
  hooksOf: (entity: string) => StoreHooks<Opened>,
) => {
  const entity = forgetEntity(store, keys, hooksOf);
  const topic = forgetInTopic(store);
  return async (use: SubjectUse, subject: Subject): Promise<Settled | undefined> => {
    const model = models.get(use.topic) as TopicModel;
    if (model.plan.kind === "topic") {
      return (await topic(model as PublishedModel, use, subject)) ? "topics" : undefined;
    }
    return (await entity(model as EntityModel, use)) ? "entities" : undefined;
  };
};

const ownUses = (
  models: ReadonlyMap<string, TopicModel>,
  { kind, id }: Subject,
): readonly SubjectUse[] => {
  const model = models.get(kind);
  const known = model && idOf(model, id);
  return known === undefined ? [] : [{ subject: `${kind}/${known}`, topic: kind, id: known }];
};

/** The id in its one spelling, where the subject is an entity of this model. */
const idOf = (model: TopicModel, id: string): string | undefined =>
  model.plan.kind === "entity" && model.erasure?.field === undefined
    ? (model as EntityModel).parseId(id)
    : undefined;

/** The subject's name; that of an entity by its id in the one spelling. */
const naming =
  (models: ReadonlyMap<string, TopicModel>, kinds: ReadonlySet<string | undefined>) =>
  ({ kind, id }: Subject): string => {
    const known = kinds.has(kind);
    if (known && typeof id === "string" && id !== "") {
      const model = models.get(kind);
      return `${kind}/${(model && idOf(model, id)) ?? id}`;
    }
    throw new InvalidArgumentError(
      "erasure",
      known ? "the subject has no id" : `no definition has personal values of a "${kind}"`,
      "Pass { kind, id }, with a kind that a definition or a context names.",
    );
  };

const checkReason = (reason: unknown): void => {
  if (typeof reason === "string" && reason.trim() !== "" && reason.length <= 1_000) return;
  throw new InvalidArgumentError(
    "erasure",
    "the reason is no text of 1 to 1,000 characters",
    "Say why, for the log: the number of a request.",
  );
};

const toReceipt = ({ kind, id }: Subject, stored: StoredReceipt): ForgetReceipt => ({
  ...stored,
  kind,
  id,
});
