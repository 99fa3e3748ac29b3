import type { $ZodObject, output } from "zod/v4/core";
import type { ChangingCollections, TreeOutcome } from "./children.ts";
import type { CommandView, StateView } from "./command-view.ts";
import type { Decision } from "./decision.ts";
import type { ComputedColumn, FieldColumn } from "./index-options.ts";

/** The event union as it is declared: stored event type to payload schema. */
export type EventShapes = Record<string, $ZodObject>;

/** The discriminated union over `type` that the shapes describe. */
export type EventUnion<Events extends EventShapes> = {
  [Type in keyof Events & string]: EventOfType<Events, Type>;
}[keyof Events & string];

export type EventOfType<Events extends EventShapes, Type extends keyof Events & string> = {
  readonly type: Type;
} & Readonly<Payload<output<Events[Type]>>>;

// An empty object schema yields Record<string, never>, which no object with a `type` fits.
export type Payload<Fields> = [Fields[keyof Fields]] extends [never] ? unknown : Fields;

/** One reducer for each event type; the creating events have no state before them. */
export type Reducers<State, Events extends EventShapes, Creating> = {
  readonly [Type in keyof Events & string]: (
    state: Type extends Creating ? undefined : Readonly<State>,
    event: EventOfType<Events, Type>,
  ) => State | LiteralHint;
};

export type IndexColumns<State> = { readonly [Field in keyof State]?: FieldColumn<State[Field]> };

export type ComputedColumns<State> = { readonly [name: string]: ComputedColumn<State> };

/** What decisions look at, with the children of every kind where there are any. */
export type WithChildren<View, Children> = [keyof Children] extends [never]
  ? View
  : View & ChangingCollections<Children>;

/** Commands: the view, then arguments whose types the definition annotates. */
export type CommandFunctions<
  State,
  Events extends EventShapes,
  Id extends string,
  Children,
  Snapshot = undefined,
> = Record<
  string,
  (
    view: WithChildren<ViewOf<State, Events, Id, Snapshot>, Children>,
    ...args: never[]
  ) => Decision<EventUnion<Events>> | LiteralHint | TreeOutcome<Children>
>;

/** Where states are kept, the events before them are not read: only those who say so look at them. */
type ViewOf<State, Events extends EventShapes, Id extends string, Snapshot> = [Snapshot] extends [
  undefined,
]
  ? CommandView<Readonly<State>, EventUnion<Events>, Id>
  : StateView<Readonly<State>, Id>;

/**
 * Nothing is ever of this type. Beside the events it keeps a function without parameters from losing
 * its literals: such a function is typed before the events are inferred, when the events alone would
 * have its "EmailChanged" widened to string.
 */
export interface LiteralHint {
  readonly [hint]: never;
  readonly [field: string]: LiteralValue;
}

declare const hint: unique symbol;

type LiteralValue = (string & {}) | `${bigint}hint` | { readonly [field: string]: LiteralValue };

export type CommandArguments = Record<string, unknown[]>;

/** The values of a scope's columns; nothing where entities are not divided. */
export type ScopeValues<Scope extends readonly string[], State> = Scope extends readonly []
  ? undefined
  : { readonly [Column in Scope[number] & keyof State]: State[Column] };

export type IdSource = "generated" | "caller";
