/**
 * What was read belongs to an earlier life of the server. Never reaches users: it is transient, and
 * the consumer begins again from its checkpoint.
 */
export class ServerRestartedError extends Error {
  constructor() {
    super("The database server was restarted");
    this.name = "ServerRestartedError";
  }
}
