import type { TopicModel } from "../define/any-topic.ts";
import { KeyProviderError, KeysRequiredError } from "../errors/erase-errors.ts";
import type { ConsumerStore } from "../port/consumer-store.ts";
import type { ContextSource } from "../port/context.ts";
import type { KeyProvider } from "../port/key-provider.ts";
import type { TopicEvent } from "../port/rows.ts";
import type { Store } from "../port/store.ts";
import { sealedContext } from "./context-seal.ts";
import { DataKeys } from "./data-keys.ts";
import { headersPlace } from "./sealed-headers.ts";
import { type SealedJson, Vault } from "./vault.ts";

interface Opening {
  readonly keys?: KeyProvider | undefined;
  /** The context that the consumer knows; what is personal in it is opened. */
  readonly context?: ContextSource | undefined;
}

/**
 * What makes a consumer's store open what it reads, with one request for keys for each read; it leaves the
 * store as it is where nothing that it may read is personal.
 *
 * @throws KeysRequiredError
 */
export const consumerOpener = <Tx>(
  models: readonly TopicModel[],
  store: Pick<Store<Tx>, "subjects">,
  { keys, context }: Opening,
): ((consumer: ConsumerStore<Tx>) => ConsumerStore<Tx>) => {
  const personal = models.filter(({ erasure }) => erasure !== undefined);
  const name = personal[0]?.plan.name ?? (context?.erasure && "context");
  if (name === undefined) return (consumer) => consumer;
  const needsKeys =
    context?.erasure !== undefined ||
    personal.some(({ erasure }) => erasure?.method === "crypto-shredding");
  if (needsKeys && keys === undefined) throw new KeysRequiredError(name);
  const vault = new Vault(new DataKeys<Tx>(name, store.subjects(), keys));

  const opened = async <Event extends TopicEvent>(events: readonly Event[]): Promise<Event[]> => {
    const parts = (await vault.open(events.flatMap(sealedParts), "none")).values();
    const next = () => parts.next().value ?? {};
    return events.map((event) => ({
      ...event,
      body: next(),
      context: event.context && next(),
      headers: event.headers && next(),
    }));
  };

  return (consumer) => ({
    ...consumer,
    read: async (request) => {
      const read = await consumer.read(request);
      return { ...read, events: await opened(read.events) };
    },
    readKey: async (read) => opened(await consumer.readKey(read)),
    isTransient: (error) => error instanceof KeyProviderError || consumer.isTransient(error),
  });
};

/** What of an event may be sealed: its body, then its context and its headers, where it has them. */
const sealedParts = ({ topic, id, sequence, body, context, headers }: TopicEvent): SealedJson[] => [
  { place: { topic, id, sequence, type: String(body.type) }, json: body },
  ...(context === null ? [] : [sealedContext(context)]),
  ...(headers === null ? [] : [{ place: headersPlace(topic, id), json: headers }]),
];
