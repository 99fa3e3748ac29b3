/** What decisions may need from outside, passed in so that they stay pure. */
export interface Ambient {
  readonly now: () => Date;
  readonly newId: () => string;
}
