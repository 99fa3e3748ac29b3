import type { EntityPlan } from "../define/entity-plan.ts";
import type { EarlierRequest, EntityWrite, Idempotency } from "../port/rows.ts";
import type { MemoryChanges, MemoryRow } from "./memory-transaction.ts";

/** A request that took effect, as the in-memory store keeps it. */
export interface MemoryRequest {
  readonly plan: EntityPlan;
  readonly key: string;
  readonly within: string | undefined;
  readonly fingerprint: string;
  readonly entityId: string;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly expiresAt: number;
}

/** What a write leaves under its key. */
export const requestOf = (plan: EntityPlan, write: EntityWrite): MemoryRequest | undefined =>
  write.idempotency && {
    plan,
    key: write.idempotency.key,
    within: write.idempotency.within,
    fingerprint: write.idempotency.fingerprint,
    entityId: write.id,
    firstSequence: write.expectedVersion + 1,
    lastSequence: write.expectedVersion + write.events.length,
    expiresAt: Date.now() + write.idempotency.ttlMs,
  };

/** The committed requests of all entities, by key. */
export class MemoryRequests {
  readonly #requests = new Map<string, MemoryRequest>();

  add(request: MemoryRequest): void {
    this.#requests.set(nameOf(request), request);
  }

  /** Leaves the keys of an entity's requests taken, and nothing of what they asked for. */
  forget(plan: EntityPlan, id: string): void {
    for (const [name, request] of this.#requests) {
      if (request.plan !== plan || request.entityId !== id) continue;
      this.#requests.set(name, { ...request, fingerprint: "" });
    }
  }

  /** The request that has this key, with what a transaction has changed. Not one that has expired. */
  find(
    plan: EntityPlan,
    { key, within }: Pick<Idempotency, "key" | "within">,
    changes: MemoryChanges | undefined,
  ): MemoryRequest | undefined {
    const name = nameOf({ plan, key, within });
    const own = changes?.writes.findLast(
      ({ request }) => request && nameOf(request) === name,
    )?.request;
    const found = own ?? this.#requests.get(name);
    return found !== undefined && found.expiresAt > Date.now() ? found : undefined;
  }
}

/** What a request with a known key comes to, given the entity that the first one wrote. */
export const earlierRequest = (
  request: MemoryRequest,
  { fingerprint }: Idempotency,
  row: MemoryRow,
): EarlierRequest => {
  if (request.fingerprint !== fingerprint) return { kind: "keyReused" };
  const { firstSequence, lastSequence: version } = request;
  const { id, events, revision, children } = row;
  const entity = { id, version, events: events.slice(0, version), revision, children };
  return { kind: "replayed", entity, firstSequence };
};

const nameOf = ({ plan, key, within }: Pick<MemoryRequest, "plan" | "key" | "within">): string =>
  JSON.stringify([plan.name, within ?? null, key]);
