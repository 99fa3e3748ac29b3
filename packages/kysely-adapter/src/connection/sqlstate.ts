/** An error as PostgreSQL reports it through `pg` or PGlite (protocol, section "Error and Notice Message Fields"). */
interface ReportedError {
  readonly code: string;
  readonly constraint?: string;
  readonly table?: string;
  readonly column?: string;
}

// PostgreSQL manual, appendix A. AN… are raised by our own guards.
export const SQLSTATE = {
  notNull: "23502",
  foreignKey: "23503",
  unique: "23505",
  check: "23514",
  lockNotAvailable: "55P03",
  serializationFailure: "40001",
  deadlock: "40P01",
  readOnlyTransaction: "25006",
  immutableEvents: "AN001",
  brokenHistory: "AN002",
  forgottenSubject: "AN006",
  foreignScope: "AN007",
  refusedControl: "AN009",
} as const;

// The digit tells a SQLSTATE from the name of a system error such as EPIPE.
const isReported = (error: unknown): error is ReportedError =>
  error instanceof Error &&
  /^(?=.*\d)[0-9A-Z]{5}$/.test(String((error as Partial<ReportedError>).code));

/** Conditions that end the session: class 08, shutdowns in 57P, and the two timeouts in 25 that do. */
const endsSession = (code: string): boolean => /^(08|57P|25P03$|25P04$)/.test(code);

/**
 * Whether the server itself reported the error and lives on, so that it is certain that the statement
 * did nothing. Anything else leaves open what happened.
 */
export const isReportedByServer = (error: unknown): boolean =>
  isReported(error) && !endsSession(error.code);

/** The SQLSTATE of an error; `undefined` for one that no server reported. */
export const sqlstateOf = (error: unknown): string | undefined =>
  isReported(error) ? error.code : undefined;

/** The violated constraint's name, where the server told. */
export const constraintOf = (error: unknown): string | undefined =>
  isReported(error) ? error.constraint : undefined;

/** The column that an error is about, where the server told: NOT NULL has no constraint's name. */
export const columnReported = (error: unknown): string | undefined =>
  isReported(error) ? error.column : undefined;

/** Whether the server refused a value: it does not fit its type (class 22), or breaks a rule (class 23). */
export const isRefusedValue = (error: unknown): boolean => /^2[23]/.test(sqlstateOf(error) ?? "");

/** Errors of Node's sockets, and pg's own, about a connection that is gone. */
const CONNECTION_LOST = /^(ECONNRESET|EPIPE|ETIMEDOUT)$/;
const CONNECTION_LOST_TEXT = /^(Connection terminated|Client has encountered a connection error)/;

/** Errors about a connection that was never made, or was known to be gone before anything was sent. */
const NOT_CONNECTED = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ENOENT|EHOSTUNREACH)$/;
const NOT_CONNECTED_TEXT =
  /^(timeout exceeded when trying to connect|Cannot use a pool after calling end|driver has already been destroyed|Client .* not queryable$)/;

const systemCodeOf = (error: unknown): string => String((error as { code?: unknown })?.code);

/** Whether a statement that failed like this was never sent, so that it certainly did nothing. */
export const wasNeverSent = (error: unknown): boolean =>
  error instanceof Error &&
  ((NOT_CONNECTED.test(systemCodeOf(error)) && isConnecting(error)) ||
    NOT_CONNECTED_TEXT.test(error.message));

/** The same codes also end established connections, when what was sent is lost in the network. */
const isConnecting = (error: Error): boolean =>
  /^(connect|getaddrinfo)$/.test(String((error as { syscall?: unknown }).syscall));

/** Whether a connection is known to be gone, and with it any transaction that was not told to commit. */
export const isConnectionLost = (error: unknown): boolean => {
  const code = sqlstateOf(error);
  if (code !== undefined) return endsSession(code);
  return (
    error instanceof Error &&
    (CONNECTION_LOST.test(systemCodeOf(error)) ||
      NOT_CONNECTED.test(systemCodeOf(error)) ||
      CONNECTION_LOST_TEXT.test(error.message))
  );
};

/** Whether the database is only passingly unable, so that the same call may succeed later. */
export const isTransient = (error: unknown): boolean => {
  const code = sqlstateOf(error);
  if (code !== undefined) {
    return endsSession(code) || code.startsWith("53") || TRANSIENT.has(code);
  }
  return (
    isConnectionLost(error) ||
    (error instanceof Error && /^timeout exceeded when trying to connect/.test(error.message))
  );
};

const TRANSIENT: ReadonlySet<string> = new Set([
  SQLSTATE.serializationFailure,
  SQLSTATE.deadlock,
  SQLSTATE.lockNotAvailable,
  // A standby that is about to become the primary.
  SQLSTATE.readOnlyTransaction,
]);
