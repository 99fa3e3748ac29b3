/** Which transaction a call takes part in. */
export interface CallOptions<Tx> {
  /**
   * The transaction to take part in. `"none"` says, inside a running one, that this call commits on its
   * own on purpose. Default is to commit on its own.
   */
  readonly tx?: Tx | "none";
}
