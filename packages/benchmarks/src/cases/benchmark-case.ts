import type { BenchmarkDatabase } from "../database.ts";
import type { Variant } from "../measure/interleave.ts";

/** Several ways to the same result, measured in turn. */
export interface BenchmarkCase {
  readonly name: string;
  /** The variant that the others are compared with. */
  readonly floor: Variant;
  /** In the order in which they are shown; the floor is one of them. */
  readonly variants: readonly Variant[];
}

/** How much of everything there is: less for a smoke test. */
export interface Volume {
  /** Users that are there before, in every set of tables. */
  readonly body: number;
  /** Users to read, for each length of history. */
  readonly readers: number;
  /** Users in the lists that pages are read from. */
  readonly listed: number;
  /** Users that each worker of a variant appends to, in turn. */
  readonly writersPerWorker: number;
  /** Streams of every peer for a case that changes them; a case that only reads has a fifth. */
  readonly streams: number;
  /** Events that a consumer catches up with. */
  readonly topicEvents: number;
  /** Events of the topic that is gone through as a whole. */
  readonly replayEvents: number;
}

/** A case that can be asked for by name, and how its data and variants come about. */
export interface CaseSource {
  readonly name: string;
  /** What one operation is, in the plural. */
  readonly unit: string;
  /** Where more than one connection makes no sense. */
  readonly oneConnection?: true;
  prepare(database: BenchmarkDatabase, volume: Volume): Promise<Omit<BenchmarkCase, "name">>;
}
