import type { $ZodObject, input } from "zod/v4/core";
import type { EventShapes, Payload } from "./definition-types.ts";
import type { OldVersion } from "./upcast.ts";

/** The versions of an event that are not written any more: version 1 first, without a gap. */
export type OldVersions = readonly [OldVersion, ...OldVersion[]];

/** Event types to their old versions. */
export type VersionLists = { readonly [type: string]: OldVersions };

/** Reports an unknown event, and an upcaster whose result the next version does not take. */
export type CheckVersions<Versions, Events extends EventShapes> = {
  readonly [Type in keyof Versions]: Type extends keyof Events
    ? CheckChain<Versions[Type], Events[Type], Events>
    : { "no event has this name": Type };
};

/** Reports a name that is still an event, and a last version that leads to no event. */
export type CheckRetired<Retired, Events extends EventShapes> = {
  readonly [Type in keyof Retired]: Type extends keyof Events
    ? { "this is an event of the definition": Type }
    : CheckChain<Retired[Type], undefined, Events>;
};

type CheckChain<
  Versions,
  Newest extends $ZodObject | undefined,
  Events extends EventShapes,
> = Versions extends readonly [infer First, ...infer Rest]
  ? readonly [
      CheckStep<First, NextSchema<Rest, Newest>, Events>,
      ...CheckRest<Rest, Newest, Events>,
    ]
  : unknown;

type CheckRest<
  Versions extends readonly unknown[],
  Newest extends $ZodObject | undefined,
  Events extends EventShapes,
> = Versions extends readonly [infer First, ...infer Rest]
  ? readonly [
      CheckStep<First, NextSchema<Rest, Newest>, Events>,
      ...CheckRest<Rest, Newest, Events>,
    ]
  : readonly [];

type NextSchema<Rest, Newest> = Rest extends readonly [OldVersion<infer Schema>, ...unknown[]]
  ? Schema
  : Newest;

type CheckStep<Step, Next, Events extends EventShapes> =
  Step extends OldVersion<$ZodObject, infer Becomes, infer Returned>
    ? Becomes extends "payload"
      ? CheckPayload<Returned, Next>
      : CheckEvents<Returned, Events>
    : unknown;

type CheckPayload<Returned, Next> = Next extends $ZodObject
  ? [Returned] extends [input<Next>]
    ? [ExtraKeys<Returned, keyof input<Next>>] extends [never]
      ? unknown
      : { "the next version has no such field": ExtraKeys<Returned, keyof input<Next>> }
    : { "the upcaster must return the next version's stored payload": input<Next> }
  : { "the last version of a retired event takes upcastToEvents()": Returned };

type CheckEvents<Returned, Events extends EventShapes> = Returned extends readonly (infer Event)[]
  ? [Event] extends [UpcastEvent<Events>]
    ? [ExtraOfEvents<Event, Events>] extends [never]
      ? unknown
      : { "the event has no such field": ExtraOfEvents<Event, Events> }
    : { "the upcaster must return events of the definition at their newest versions": Event }
  : unknown;

/** Events as upcasters return them: payloads in stored form, at the newest versions. */
export type UpcastEvent<Events extends EventShapes> = {
  [Type in keyof Events & string]: { readonly type: Type } & Payload<input<Events[Type]>>;
}[keyof Events & string];

type ExtraOfEvents<Event, Events extends EventShapes> = Event extends {
  readonly type: infer Type extends keyof Events;
}
  ? ExtraKeys<Event, "type" | keyof Payload<input<Events[Type]>>>
  : never;

/** Keys with a value: a union of literals has all keys in each member, some of them as undefined. */
type ExtraKeys<Value, Allowed> = Value extends unknown
  ? Exclude<
      { [Key in keyof Value]-?: [Value[Key]] extends [undefined] ? never : Key }[keyof Value],
      Allowed
    >
  : never;
