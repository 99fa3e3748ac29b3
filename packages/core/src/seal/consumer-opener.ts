import type { TopicModel } from "../define/any-topic.ts";
import { KeyProviderError, KeysRequiredError } from "../errors/erase-errors.ts";
import type { ConsumerStore } from "../port/consumer-store.ts";
import type { KeyProvider } from "../port/key-provider.ts";
import type { TopicEvent } from "../port/rows.ts";
import type { Store } from "../port/store.ts";
import { DataKeys } from "./data-keys.ts";
import { Vault } from "./vault.ts";

/**
 * What makes a consumer's store open what it reads, with one request for keys for each read; it leaves the
 * store as it is where none of the topics has anything personal.
 *
 * @throws KeysRequiredError
 */
export const consumerOpener = <Tx>(
  models: readonly TopicModel[],
  store: Pick<Store<Tx>, "subjects">,
  keys: KeyProvider | undefined,
): ((consumer: ConsumerStore<Tx>) => ConsumerStore<Tx>) => {
  const personal = models.filter(({ erasure }) => erasure !== undefined);
  const [first] = personal;
  if (first === undefined) return (consumer) => consumer;
  const sealed = personal.find(({ erasure }) => erasure?.method === "crypto-shredding");
  if (sealed !== undefined && keys === undefined) throw new KeysRequiredError(sealed.plan.name);
  const vault = new Vault(new DataKeys<Tx>(first.plan.name, store.subjects(), keys));

  const opened = async <Event extends TopicEvent>(events: readonly Event[]): Promise<Event[]> => {
    const bodies = await vault.open(
      events.map(({ topic, id, sequence, body: json }) => ({
        place: { topic, id, sequence, type: String(json.type) },
        json,
      })),
      "none",
    );
    return events.map((event, at) => ({ ...event, body: bodies[at] ?? event.body }));
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
