/**
 * A place is not settled yet, since a transaction that has appended is still open. Never reaches users: it
 * is transient, and the place is looked for again.
 */
export class NotSettledError extends Error {
  constructor() {
    super("A transaction that has appended to the topics is still open");
    this.name = "NotSettledError";
  }
}
