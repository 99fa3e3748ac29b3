export interface SoakOptions {
  /** How many events are written in all. */
  readonly events: number;
  /** How many are due in a second; 0 for as many as can be. */
  readonly offeredPerSecond: number;
  /** How many write at a time. */
  readonly writers: number;
  /** Over how many slots the consumer in a process of its own is spread. */
  readonly slots: number;
  /** How many entities the writers have in hand at a time. */
  readonly entities: number;
  /** How much time is between two looks at memory and at how far consumers are. */
  readonly sampleMs: number;
  /** How long consumers may handle nothing, after the last event was written, before the rest is given up. */
  readonly quietMs: number;
  /** Told now and then how far it is. */
  readonly onProgress?: (line: string) => void;
}
