import type { EntityPlan } from "../define/entity-plan.ts";
import type { JsonValue } from "../define/json-value.ts";
import type { WrappedKey } from "../port/key-provider.ts";
import type {
  ForgetCounts,
  ForgetRequest,
  OldKeys,
  Rewrapped,
  StoredReceipt,
  StoredSubject,
  SubjectStore,
  SubjectUse,
  SubjectWrite,
} from "../port/subject-store.ts";
import type { MemoryTransaction } from "./memory-transaction.ts";

interface Kept {
  key: WrappedKey | undefined;
  isForgotten: boolean;
}

/** What the store keeps of an entity beside its events. */
interface BesideEvents {
  readonly forgetRequests: (plan: EntityPlan, id: string) => void;
  readonly dropSnapshots: (plan: EntityPlan, id: string, tx: MemoryTransaction) => void;
}

type KeyedSubject = StoredSubject & { readonly key: WrappedKey };

/**
 * What the in-memory store keeps of subjects. A transaction that is undone leaves what it added, which nothing
 * refers to then.
 */
export class MemorySubjects implements SubjectStore<MemoryTransaction> {
  readonly isInTransaction = false;
  readonly #subjects = new Map<string, Kept>();
  readonly #values = new Map<string, { readonly subject: string; readonly value: JsonValue }>();
  readonly #uses = new Map<string, SubjectUse & { isSettled: boolean }>();
  readonly #receipts: StoredReceipt[] = [];
  readonly #beside: BesideEvents;

  constructor(beside: BesideEvents) {
    this.#beside = beside;
  }

  async read(subjects: readonly string[]): Promise<readonly StoredSubject[]> {
    return subjects.flatMap((subject) => {
      const kept = this.#subjects.get(subject);
      return kept === undefined ? [] : [{ subject, ...kept }];
    });
  }

  isForgotten(subject: string): boolean {
    return this.#subjects.get(subject)?.isForgotten === true;
  }

  async register(
    { subjects, uses, values }: SubjectWrite,
    wanted: readonly string[],
  ): Promise<readonly StoredSubject[]> {
    for (const { subject, key } of subjects) {
      if (!this.#subjects.has(subject)) this.#subjects.set(subject, { key, isForgotten: false });
    }
    this.#note(uses);
    const known = await this.read(wanted);
    if (values.some(({ subject }) => this.#subjects.get(subject)?.isForgotten)) return known;
    for (const { ref, subject, value } of values) this.#values.set(ref, { subject, value });
    return known;
  }

  async values(refs: readonly string[]): Promise<ReadonlyMap<string, JsonValue>> {
    return new Map(
      refs.flatMap((ref) => {
        const found = this.#values.get(ref);
        return found === undefined ? [] : [[ref, found.value]];
      }),
    );
  }

  async forget({ subject, own }: ForgetRequest): Promise<Pick<ForgetCounts, "values">> {
    this.#subjects.set(subject, { key: undefined, isForgotten: true });
    this.#note(own);
    const refs = [...this.#values].filter(([, value]) => value.subject === subject);
    for (const [ref] of refs) this.#values.delete(ref);
    return { values: refs.length };
  }

  async pending(
    subject: string,
    after: Pick<SubjectUse, "topic" | "id"> | undefined,
    limit: number,
  ): Promise<readonly SubjectUse[]> {
    return [...this.#uses]
      .filter(([, use]) => use.subject === subject && !use.isSettled)
      .filter(([name]) => after === undefined || name > nameOf({ subject, ...after }))
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .slice(0, limit)
      .map(([, { topic, id }]) => ({ subject, topic, id }));
  }

  async settle(use: SubjectUse): Promise<void> {
    this.#uses.set(nameOf(use), { ...use, isSettled: true });
  }

  async forgetRequests(entity: EntityPlan, subject: string): Promise<void> {
    for (const use of this.#uses.values()) {
      if (use.subject === subject && use.topic === entity.name)
        this.#beside.forgetRequests(entity, use.id);
    }
  }

  async dropSnapshots(entity: EntityPlan, id: string, tx: MemoryTransaction): Promise<void> {
    this.#beside.dropSnapshots(entity, id, tx);
  }

  async complete(subject: string, reason: string, counts: ForgetCounts): Promise<StoredReceipt> {
    const number = this.#receipts.length + 1;
    const receipt = { number, subject, reason, at: new Date(), ...counts };
    this.#receipts.push(receipt);
    return receipt;
  }

  async receipt(subject: string): Promise<StoredReceipt | undefined> {
    return this.#receipts.findLast((receipt) => receipt.subject === subject);
  }

  async oldKeys({ current, after, limit }: OldKeys): Promise<readonly KeyedSubject[]> {
    return [...this.#subjects]
      .flatMap(([subject, { key, isForgotten }]): KeyedSubject[] =>
        key === undefined || key.keyId === current || subject <= after
          ? []
          : [{ subject, key, isForgotten }],
      )
      .sort((one, other) => (one.subject < other.subject ? -1 : 1))
      .slice(0, limit);
  }

  async rewrap(keys: readonly Rewrapped[]): Promise<number> {
    const current = keys.filter(({ subject, from }) => this.#subjects.get(subject)?.key === from);
    for (const { subject, to } of current) {
      this.#subjects.set(subject, { key: to, isForgotten: false });
    }
    return current.length;
  }

  #note(uses: readonly SubjectUse[]): void {
    for (const use of uses) {
      if (!this.#uses.has(nameOf(use))) this.#uses.set(nameOf(use), { ...use, isSettled: false });
    }
  }
}

const nameOf = ({ subject, topic, id }: SubjectUse): string => `${subject}\n${topic}\n${id}`;
