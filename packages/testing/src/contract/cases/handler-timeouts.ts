import { createStoreConsumer } from "@annals/core";
import { expect } from "vitest";
import { contractGroup } from "../contract-case.ts";
import { eventKey, followAccounts } from "../followed.ts";

const never = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

export const handlerTimeouts = contractGroup("handlers that take too long", {
  "the attempt has failed, and nothing of it is kept": async (bench) => {
    const { Account, consumer: follow, issueReceipt, issued, write } = await followAccounts(bench);
    const events = await write(2, 0);
    await follow({ name: `${Account.name}.plain`, handle: issueReceipt }).catchUp();
    const before = await issued();
    const later = await write(1, 0);
    const [slow] = later as [string];
    const reasons: string[] = [];
    const consumer = createStoreConsumer(bench.store, {
      name: Account.name,
      topics: [Account],
      start: { consumer: `${Account.name}.plain` },
      timeoutMs: 100,
      retry: { attempts: 2, firstMs: 0 },
      onEvent: async (_, meta) => {
        const { entityId, sequence, tx, signal } = meta;
        await issueReceipt({ ...meta, tx } as never);
        if (eventKey({ entityId, sequence }) !== slow) return;
        await never(signal).catch((reason: { code: string }) => reasons.push(reason.code));
        // It goes on all the same, which has no effect.
        for (let more = 90; more < 95; more += 1) {
          await issueReceipt({ ...meta, sequence: more, tx } as never).catch(() => {});
        }
      },
    });
    await consumer.catchUp();
    expect(await issued()).toEqual(before);
    expect(events).toHaveLength(2);
    const [letter] = await bench.store.consumers().deadLetters({ consumer: Account.name });
    expect(letter).toMatchObject({ status: "dead", attempts: 2 });
    expect(letter?.error?.code).toBe("ANNALS_HANDLER_TIMEOUT");
    expect(reasons).toEqual(["ANNALS_HANDLER_TIMEOUT", "ANNALS_HANDLER_TIMEOUT"]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await issued()).toEqual(before);
  },

  "a batch has one bound, and ends alone": async (bench) => {
    const { Account, write } = await followAccounts(bench);
    await write(2, 0);
    const sizes: number[] = [];
    const consumer = createStoreConsumer(bench.store, {
      name: Account.name,
      topics: [Account],
      timeoutMs: 60,
      retry: { attempts: 1 },
      batch: {
        handle: async (events, { signal }) => {
          sizes.push(events.length);
          await never(signal);
        },
      },
    });
    await consumer.catchUp();
    expect(sizes).toEqual([2, 1, 1]);
    const letters = await bench.store.consumers().deadLetters({ consumer: Account.name });
    expect(letters.map(({ error }) => error?.code)).toEqual([
      "ANNALS_HANDLER_TIMEOUT",
      "ANNALS_HANDLER_TIMEOUT",
    ]);
  },
});
