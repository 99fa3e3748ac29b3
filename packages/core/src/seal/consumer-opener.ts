import type { TopicModel } from "../define/any-topic.ts";
import { KeyProviderError, KeysRequiredError } from "../errors/erase-errors.ts";
import type { ConsumerStore } from "../port/consumer-store.ts";
import type { ContextSource } from "../port/context.ts";
import type { KeyProvider } from "../port/key-provider.ts";
import type { TopicEvent } from "../port/rows.ts";
import type { Join, Store } from "../port/store.ts";
import { sealedContext } from "./context-seal.ts";
import { DataKeys } from "./data-keys.ts";
import { headersPlace } from "./sealed-headers.ts";
import { type SealedJson, Vault } from "./vault.ts";

interface Opening {
  readonly keys?: KeyProvider | undefined;
  /** The context that the consumer knows; what is personal in it is opened. */
  readonly context?: ContextSource | undefined;
}

/** Opens what is personal in stored events, with one request for keys for all of them. */
export type EventOpener<Tx> = <Event extends TopicEvent>(
  events: readonly Event[],
  join: Join<Tx>,
) => Promise<readonly Event[]>;

/**
 * What opens the events of some topics; `undefined` where nothing that they may have is personal.
 *
 * @throws KeysRequiredError
 */
export const eventOpener = <Tx>(
  models: readonly TopicModel[],
  store: Pick<Store<Tx>, "subjects">,
  { keys, context }: Opening,
): EventOpener<Tx> | undefined => {
  const personal = models.filter(({ erasure }) => erasure !== undefined);
  const name = personal[0]?.plan.name ?? (context?.erasure && "context");
  if (name === undefined) return undefined;
  const needsKeys =
    context?.erasure !== undefined ||
    personal.some(({ erasure }) => erasure?.method === "crypto-shredding");
  if (needsKeys && keys === undefined) throw new KeysRequiredError(name);
  const vault = new Vault(new DataKeys<Tx>(name, store.subjects(), keys));
  return async (events, join) => {
    const parts = (await vault.open(events.flatMap(sealedParts), join)).values();
    const next = () => parts.next().value ?? {};
    return events.map((event) => ({
      ...event,
      body: next(),
      context: event.context && next(),
      headers: event.headers && next(),
    }));
  };
};

/**
 * What makes a consumer's store open what it reads; it leaves the store as it is where nothing that it may
 * read is personal.
 *
 * @throws KeysRequiredError
 */
export const consumerOpener = <Tx>(
  models: readonly TopicModel[],
  store: Pick<Store<Tx>, "subjects">,
  opening: Opening,
): ((consumer: ConsumerStore<Tx>) => ConsumerStore<Tx>) => {
  const opened = eventOpener(models, store, opening);
  if (opened === undefined) return (consumer) => consumer;
  return (consumer) => ({
    ...consumer,
    read: async (request) => {
      const read = await consumer.read(request);
      return { ...read, events: await opened(read.events, "none") };
    },
    readKey: async (read) => opened(await consumer.readKey(read), "none"),
    isTransient: (error) => error instanceof KeyProviderError || consumer.isTransient(error),
  });
};

/** What of an event may be sealed: its body, then its context and its headers, where it has them. */
const sealedParts = ({ topic, id, sequence, body, context, headers }: TopicEvent): SealedJson[] => [
  { place: { topic, id, sequence, type: String(body.type) }, json: body },
  ...(context === null ? [] : [sealedContext(context)]),
  ...(headers === null ? [] : [{ place: headersPlace(topic, id), json: headers }]),
];
