/** What counts as having happened already, and what makes it count no more. */
export interface AppliedGuard<Event extends { readonly type: string }, Type extends string> {
  /** The event type that says so, or several of them. */
  readonly event: Type | readonly Type[];
  /** Which of these events. Default is any. */
  readonly when?: (event: Extract<Event, { readonly type: NoInfer<Type> }>) => boolean;
  /** The event types, or events, after which it may happen again. Default is none. */
  readonly resetsOn?: readonly Event["type"][] | ((event: Event) => boolean);
}

/**
 * Whether an event that says "done already" is in a history, with nothing after it that undid it: the
 * guard of a command that must not repeat. It goes back from the newest event, and looks at none before
 * the one that decides. An event that is both counts as done.
 *
 * Where the state can tell, ask the state: it is shorter, and needs no history.
 *
 * @param history what commands see as `view.history`, or an entity's `history`.
 * @example
 * // A → B → A: the second A is no repetition, since B came in between.
 * rename: ({ history }, name: string) =>
 *   hasApplied(history, { event: "Renamed", when: (event) => event.name === name, resetsOn: ["Renamed"] })
 *     ? alreadyApplied
 *     : { type: "Renamed", name },
 */
export const hasApplied = <
  Event extends { readonly type: string },
  const Type extends Event["type"],
>(
  history: readonly Event[],
  { event: types, when = () => true, resetsOn = [] }: AppliedGuard<Event, Type>,
): boolean => {
  const isNamed = isOneOf(typeof types === "string" ? [types] : types);
  const resets = typeof resetsOn === "function" ? resetsOn : isOneOf(resetsOn);
  for (let at = history.length - 1; at >= 0; at -= 1) {
    const event = history[at] as Event;
    if (isNamed(event) && when(event as Named<Event, Type>)) return true;
    if (resets(event)) return false;
  }
  return false;
};

type Named<Event, Type> = Extract<Event, { readonly type: Type }>;

const isOneOf =
  (types: readonly string[]) =>
  ({ type }: { readonly type: string }): boolean =>
    types.includes(type);
