/** Where an entity's tables are, for the SQL that is generated for them. */
export interface TableNames {
  readonly schema: string;
  readonly index: string;
  readonly events: string;
}
