/** What decisions may need from outside, passed in so that they stay pure. */
export interface Ambient {
  /** The values of the scope that new entities are created in, where their definition declares one. */
  readonly scope?: object | undefined;
  readonly now: () => Date;
  readonly newId: () => string;
}
