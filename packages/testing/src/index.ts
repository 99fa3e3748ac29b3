export { assertUpcasts, type UpcastSample } from "./event-samples/assert-upcasts.ts";
export { assertDecidesOnce, type Decision } from "./given-when-then/assert-decides-once.ts";
export {
  type GivenEntity,
  type GivenEvents,
  type GivenNothing,
  type GivenOptions,
  type GivenPast,
  given,
} from "./given-when-then/given.ts";
export type {
  ChangedChild,
  ChangedChildren,
  GivenChild,
  GivenChildren,
} from "./given-when-then/given-children.ts";
export type { Outcome } from "./given-when-then/outcome.ts";
export { ManualClock } from "./manual-clock.ts";
