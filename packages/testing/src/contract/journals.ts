import { createStoreRepository, type Repository } from "@annals/core";
import { expect } from "vitest";
import type { Bench, OpaqueTx } from "./bench.ts";
import { defineJournal } from "./entities/journal.ts";

type Journal = ReturnType<ReturnType<typeof defineJournal>>;
type Journals = Repository<Journal, OpaqueTx>;

const EVERY = 3;

/** Journals, and what their store has of one. */
export const openJournals = async (bench: Bench) => {
  const definition = await bench.define(defineJournal({ every: EVERY }));
  const entities = bench.store.entity(definition.plan);
  const seen = { includeDeleted: true };
  return {
    definition,
    entities,
    journals: createStoreRepository(definition, bench.store),
    storedOf: async (id: string, tx?: OpaqueTx) =>
      (await entities.load([id], tx, seen))[0] as NonNullable<
        Awaited<ReturnType<typeof entities.load>>[0]
      >,
  };
};

/** The version of the snapshot that a read begins at, and how many events it takes after it. */
export const readFrom = ({
  snapshot,
  events,
}: {
  readonly snapshot?: { readonly version: number } | undefined;
  readonly events: readonly unknown[];
}) => [snapshot?.version, events.length];

const whole = { history: true, includeDeleted: true } as const;

/** That a journal is the same whether it is read from its snapshot or from its first event. */
export const expectSame = async (journals: Journals, id: string): Promise<void> => {
  const [short, long] = [
    await journals.findById(id, { includeDeleted: true }),
    await journals.findById(id, whole),
  ];
  expect(short.toJSON()).toEqual(long.toJSON());
  expect(short.isDeleted).toBe(long.isDeleted);
  expect(short.pending).toEqual([]);
};
