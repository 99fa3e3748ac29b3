/** What all parts of the measurement have in common. */
export interface LatencyOptions {
  /** Over how many slots ours is spread, one after the other. */
  readonly slots: readonly number[];
  /** How many append at a time where it is not one. */
  readonly writers: number;
  /** How long each stretch lasts. */
  readonly forMs: number;
  /** How often what is measured in turn has its turn. */
  readonly repetitions: number;
  /** How many events there are before, where that is what is measured: one database for each. */
  readonly sizes: readonly number[];
  readonly withEmmett: boolean;
  /** Told what begins. */
  readonly onProgress?: (line: string) => void;
}
