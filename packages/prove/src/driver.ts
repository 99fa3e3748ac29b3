/** Which event it is. Everything else about an event is the store's business. */
export type EventId = number;

/** A stream as it was read, which takes what is decided on it. */
export interface StreamAtVersion {
  readonly ids: readonly EventId[];
  /**
   * Appends these events if the stream is still at the version that was read.
   *
   * @throws VersionConflict when it is not.
   */
  append(ids: readonly EventId[]): Promise<void>;
}

export interface Streams {
  /** A stream of that name, a UUID; one without events when there is none. */
  read(stream: string): Promise<StreamAtVersion>;
}

/** A transaction of the caller's that appends take part in. */
export interface WriterTransaction extends Streams {
  /** Writes something that has nothing to do with events, which gives the transaction its id. */
  writeElsewhere(): Promise<void>;
}

export interface Writer extends Streams {
  /** Runs appends in one transaction, where the store's public API takes part in one. */
  readonly transaction?: (work: (tx: WriterTransaction) => Promise<void>) => Promise<void>;
  close(): Promise<void>;
}

export interface Delivered {
  readonly stream: string;
  readonly id: EventId;
}

/** Runs one statement in the transaction that moves the consumer's checkpoint. */
export type RunSql = (text: string, values: unknown[]) => Promise<unknown>;

/** Takes delivery of events, by writing them down together with the checkpoint. */
export type Deliver = (events: readonly Delivered[], run: RunSql) => Promise<void>;

export interface Connection {
  readonly connectionString: string;
  /** Whether a pooler hands connections out by transaction: drivers then do as their store's docs say. */
  readonly isPooled: boolean;
  /** How many connections may be opened at once. */
  readonly connections: number;
}

/** What the harness needs of an event store. */
export interface Driver {
  readonly name: string;
  readonly version: string;
  /** Options that are not the defaults, for the reader of the result. */
  readonly options: string;
  /** Creates the store's tables in an empty database. */
  install(connectionString: string): Promise<void>;
  openWriter(connection: Connection): Writer | Promise<Writer>;
  /**
   * Delivers all events of all streams from a checkpoint that the store keeps, until the signal is aborted.
   * It may end or throw when a connection breaks: the process ends and another one begins.
   */
  follow(connection: Connection, deliver: Deliver, signal: AbortSignal): Promise<void>;
}

/** The stream is no longer at the version that was read, so that nothing was appended. */
export class VersionConflict extends Error {
  override readonly name = "VersionConflict";
}
