import { findMarks, PERSONAL } from "../define/personal-marks.ts";
import { InvalidStateError } from "../errors/decide-errors.ts";
import type { BatchWrite, EntityWrite } from "../port/rows.ts";
import type { Join } from "../port/store.ts";
import type { SubjectUse } from "../port/subject-store.ts";
import type { Sealing } from "./sealing.ts";
import { type OpenJson, ownSubject } from "./vault.ts";

/** Whether anything personal is in the events of these writes. */
export const havePersonal = (writes: readonly EntityWrite[]): boolean =>
  writes.some(({ events }) => events.some(({ body }) => findMarks(body, PERSONAL).length > 0));

/** The writes as they are stored: events sealed, columns hashed. */
export const sealedWrites = async <Tx, Write extends EntityWrite | BatchWrite>(
  sealing: Sealing<Tx>,
  writes: readonly Write[],
  tx: Join<Tx>,
): Promise<readonly Write[]> => {
  const { model, vault, hashes } = sealing;
  if (model.erasure === undefined) return writes;
  const given = writes.flatMap((write) => openJsonOf(sealing, write));
  const uses = writes.flatMap((write) => useOf(sealing, write));
  const bodies = (await vault.seal(model.erasure.method, given, uses, tx)).values();
  const columns = await hashes.rows(
    writes.map((write) => write.columns),
    tx,
  );
  const sealed: Write[] = [];
  for (const [at, write] of writes.entries()) {
    const events = write.events.map((event) => ({
      ...event,
      body: bodies.next().value ?? event.body,
    }));
    sealed.push({ ...write, events, columns: columns[at] ?? write.columns });
  }
  return heldHashed(sealing, sealed, tx);
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

const openJsonOf = <Tx>(sealing: Sealing<Tx>, write: EntityWrite): readonly OpenJson[] => {
  const { id, expectedVersion, events } = write;
  const topic = sealing.model.plan.name;
  return events.map(({ type, body }, at) => {
    const place = { topic, id, sequence: expectedVersion + at + 1, type };
    const isMarked = findMarks(body, PERSONAL).length > 0;
    const subject = isMarked ? subjectOf(sealing, write) : ownSubject(place);
    const isFresh = expectedVersion === 0 && subject === ownSubject(place);
    return { place, subject, isFresh, json: body };
  });
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
