import {
  type AnyEntity,
  type Consumer,
  createStoreConsumer,
  createStoreRepository,
  type EntityOf,
  type EventOf,
  type FailurePolicy,
  type HandlerResult,
  type RetryDelays,
} from "@annals/core";
import { expect } from "vitest";
import type { Bench, OpaqueTx } from "./bench.ts";
import { defineAccount } from "./entities/account.ts";
import { defineReceipt } from "./entities/receipt.ts";

type AccountDefinition = ReturnType<typeof defineAccount>;
export type AccountEvent = EventOf<AccountDefinition>;

/** One event as a handler got it. */
export interface Delivery {
  readonly event: AccountEvent;
  readonly topic: string;
  readonly entityId: string;
  readonly sequence: number;
  readonly position: number;
  readonly recordedAt: Date;
  readonly attempt: number;
  readonly tx: OpaqueTx;
}

type Meta = Omit<Delivery, "event">;

/** The identity of an event. */
export const eventKey = ({ entityId, sequence }: Pick<Delivery, "entityId" | "sequence">) =>
  `${entityId}/${sequence}`;

/** A topic of accounts, and consumers that note what they are given. */
export const followAccounts = async (bench: Bench) => {
  const Account = await bench.define(defineAccount);
  const Receipt = await bench.define(defineReceipt);
  const accounts = createStoreRepository(Account, bench.store);
  const receipts = createStoreRepository(Receipt, bench.store);
  const deliveries: Delivery[] = [];

  const consumer = (
    options: {
      name?: string;
      batchSize?: number;
      onFailure?: FailurePolicy;
      retry?: RetryDelays;
      handle?: (delivery: Delivery) => HandlerResult;
    } = {},
  ): Consumer => {
    const take = async (event: AccountEvent, meta: Meta) => {
      const delivery = { event, ...meta };
      deliveries.push(delivery);
      return await options.handle?.(delivery);
    };
    return createStoreConsumer(bench.store, {
      name: options.name ?? Account.name,
      topics: [Account],
      on: {
        AccountOpened: take,
        EmailChanged: take,
        Renamed: take,
        NicknameChanged: take,
        AccountSuspended: take,
      },
      batchSize: options.batchSize ?? 100,
      onFailure: options.onFailure ?? "stop",
      retry: options.retry ?? { attempts: 1 },
      pollIntervalMs: 10,
    });
  };

  /** Writes a receipt for the event in the handler's own transaction. */
  const issueReceipt = async (delivery: Delivery): Promise<void> => {
    await receipts.create(eventKey(delivery), { tx: delivery.tx });
  };

  const issued = async (): Promise<string[]> => {
    const { items } = await receipts.list({ orderBy: "event", first: 1_000 });
    return items.map(({ state }) => state.event);
  };

  /** Creates accounts and renames each of them, in turns. */
  const write = async (count: number, renames: number): Promise<string[]> => {
    const made: EntityOf<AccountDefinition>[] = [];
    for (let at = 0; at < count; at += 1) {
      made.push(await accounts.create({ email: `${crypto.randomUUID()}@example.com` }));
    }
    for (let turn = 1; turn <= renames; turn += 1) {
      for (const account of made) {
        account.rename(`${turn}`);
        await accounts.update(account);
      }
    }
    const sequences = Array.from({ length: renames + 1 }, (_, at) => at + 1);
    return made.flatMap(({ id }) => sequences.map((n) => eventKey({ entityId: id, sequence: n })));
  };

  return { Account, accounts, deliveries, consumer, issueReceipt, issued, write };
};

/** Every event exactly once, positions rising, and each entity's events in their order. */
export const expectOnceInOrder = (
  deliveries: readonly Delivery[],
  expected: readonly string[],
): void => {
  expect(deliveries.map(eventKey).toSorted()).toEqual(expected.toSorted());
  const last = new Map<string, number>();
  let position = 0;
  for (const delivery of deliveries) {
    expect(delivery.position).toBeGreaterThan(position);
    position = delivery.position;
    expect(delivery.sequence).toBe((last.get(delivery.entityId) ?? 0) + 1);
    last.set(delivery.entityId, delivery.sequence);
  }
};

/** A consumer of another topic under a name that is taken. */
export const impostor = (bench: Bench, name: string, definition: AnyEntity): Consumer =>
  createStoreConsumer(bench.store, { name, topics: [definition], on: {} });
