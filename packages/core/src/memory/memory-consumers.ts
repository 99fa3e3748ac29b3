import { ConsumerRemovedError, ConsumerRenamedError } from "../errors/consume-errors.ts";
import type { MemoryConsumer } from "./memory-consumer.ts";

/** The consumers of a store in memory, and the names that some had before. */
export class MemoryConsumers extends Map<string, MemoryConsumer> {
  readonly renamed = new Map<string, string>();

  /** What is thrown for a consumer that was there and is no more. */
  gone(consumer: string): Error {
    const renamedTo = this.renamed.get(consumer);
    return renamedTo === undefined
      ? new ConsumerRemovedError({ consumer })
      : new ConsumerRenamedError({ consumer, renamedTo });
  }

  rename(from: string, to: string): void {
    const consumer = this.get(from);
    if (consumer === undefined || from === to) return;
    this.delete(from);
    this.set(to, consumer);
    this.renamed.delete(to);
    for (const [name, target] of this.renamed) if (target === from) this.renamed.set(name, to);
    this.renamed.set(from, to);
  }

  remove(name: string): void {
    this.delete(name);
    this.renamed.delete(name);
    for (const [old, target] of this.renamed) if (target === name) this.renamed.delete(old);
  }
}
