import type { JsonObject } from "../define/json-value.ts";
import { findMarks, PERSONAL } from "../define/personal-marks.ts";
import { InvalidStateError } from "../errors/decide-errors.ts";
import type { BatchWrite, EntityWrite } from "../port/rows.ts";
import type { Join } from "../port/store.ts";
import type { SubjectUse } from "../port/subject-store.ts";
import type { Sealing } from "./sealing.ts";
import { snapshotPlace } from "./snapshot-place.ts";
import { type OpenJson, ownSubject, type SealPlace } from "./vault.ts";

/** Whether anything personal is in what these writes store of events and states. */
export const havePersonal = (writes: readonly EntityWrite[]): boolean =>
  writes.some(
    ({ events, snapshot }) =>
      events.some(({ body }) => isMarked(body)) || (snapshot !== undefined && isMarked(snapshot)),
  );

const isMarked = (json: JsonObject): boolean => findMarks(json, PERSONAL).length > 0;

/** The writes as they are stored: events and snapshots sealed, columns hashed. */
export const sealedWrites = async <Tx, Write extends EntityWrite | BatchWrite>(
  sealing: Sealing<Tx>,
  writes: readonly Write[],
  tx: Join<Tx>,
): Promise<readonly Write[]> => {
  const { model, hashes } = sealing;
  if (model.erasure === undefined) return writes;
  const given = await sealedJson(sealing, writes.map(withSealableSnapshot(sealing)), tx);
  const columns = await hashes.rows(
    writes.map((write) => write.columns),
    tx,
  );
  const sealed = given.map((write, at) => ({ ...write, columns: columns[at] ?? write.columns }));
  return heldHashed(sealing, sealed, tx);
};

/** A state may have values of somebody whom nobody names any more. */
const withSealableSnapshot =
  <Tx>({ model: { erasure } }: Sealing<Tx>) =>
  <Write extends EntityWrite>(write: Write): Write => {
    const { snapshot, subjectId } = write;
    if (snapshot === undefined || erasure?.field === undefined || subjectId) return write;
    return isMarked(snapshot) ? { ...write, snapshot: undefined } : write;
  };

const sealedJson = async <Tx, Write extends EntityWrite>(
  sealing: Sealing<Tx>,
  writes: readonly Write[],
  tx: Join<Tx>,
): Promise<readonly Write[]> => {
  const { model, vault } = sealing;
  const method = model.erasure?.method ?? "crypto-shredding";
  const given = writes.flatMap((write) => openJsonOf(sealing, write));
  const uses = writes.flatMap((write) => useOf(sealing, write));
  const bodies = (await vault.seal(method, given, uses, tx)).values();
  return writes.map((write) => ({
    ...write,
    events: write.events.map((event) => ({ ...event, body: bodies.next().value ?? event.body })),
    snapshot: write.snapshot && (bodies.next().value as JsonObject),
  }));
};

/** What members of a batch hold in unique constraints is compared with what their columns store. */
const heldHashed = async <Tx, Write extends EntityWrite | BatchWrite>(
  { hashes }: Sealing<Tx>,
  writes: readonly Write[],
  tx: Join<Tx>,
): Promise<readonly Write[]> => {
  const held = writes.flatMap((write) =>
    "heldBefore" in write ? [write.heldBefore, write.heldAfter] : [],
  );
  if (held.length === 0) return writes;
  const hashed = await hashes.rows(held, tx);
  return writes.map((write, at) => ({
    ...write,
    heldBefore: hashed[2 * at],
    heldAfter: hashed[2 * at + 1],
  }));
};

/** The events of a write, and then its snapshot. */
const openJsonOf = <Tx>(sealing: Sealing<Tx>, write: EntityWrite): readonly OpenJson[] => {
  const { id, expectedVersion, events, snapshot } = write;
  const { plan } = sealing.model;
  const open = (place: SealPlace, json: JsonObject): OpenJson => {
    const own = ownSubject(place);
    const subject = isMarked(json) ? subjectOf(sealing, write) : own;
    return { place, subject, isFresh: expectedVersion === 0 && subject === own, json };
  };
  const topic = plan.name;
  const opened = events.map(({ type, body }, at) =>
    open({ topic, id, sequence: expectedVersion + at + 1, type }, body),
  );
  if (snapshot === undefined) return opened;
  return [...opened, open(snapshotPlace(plan, id, expectedVersion + events.length), snapshot)];
};

const subjectOf = <Tx>({ model }: Sealing<Tx>, { id, subjectId }: EntityWrite): string => {
  const { plan, erasure } = model;
  const { kind, field } = erasure ?? {};
  if (field === undefined) return ownSubject({ topic: plan.name, id });
  if (subjectId !== undefined && subjectId !== "") return `${kind}/${subjectId}`;
  const issues = [{ path: [field], message: "names nobody, but its events have personal values" }];
  throw new InvalidStateError({ entity: plan.name, id, issues });
};

/** Where others than the entity are concerned, it is noted, so that `forget` finds it. */
const useOf = <Tx>(sealing: Sealing<Tx>, write: EntityWrite): readonly SubjectUse[] => {
  if (sealing.model.erasure?.field === undefined || !havePersonal([write])) return [];
  return [{ subject: subjectOf(sealing, write), topic: sealing.model.plan.name, id: write.id }];
};
