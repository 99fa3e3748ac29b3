import type { input } from "zod/v4/core";
import type { JsonObject } from "./json-value.ts";
import type { SnakeCase } from "./names.ts";
import type { AnyPublishedTopic } from "./topic-definition.ts";

/** An event of a topic of its own as a query of yours reads it. */
export interface PublishedRowOf<Definition extends AnyPublishedTopic> {
  readonly key: string;
  readonly event_type: keyof Definition["events"] & string;
  /** The stored form: payloads before any codec has decoded them, without binary data. */
  readonly event: {
    [Type in keyof Definition["events"] & string]: { readonly type: Type } & Readonly<
      WithoutBytes<input<Definition["events"][Type]>>
    >;
  }[keyof Definition["events"] & string];
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array | null;
  readonly context: JsonObject | null;
  readonly recorded_at: Date;
  /** A bigint, which `pg` reads as text unless it is told otherwise. */
  readonly position: string;
}

type WithoutBytes<Payload> = {
  [Field in keyof Payload as Payload[Field] extends Uint8Array ? never : Field]: Payload[Field];
};

/**
 * The tables of these topics, to add to those of entities:
 * `DatabaseOf<[typeof User]> & TopicDatabaseOf<[typeof OrderFeed]>`. The view of the latest events exists
 * where the definition asks for compaction.
 */
export type TopicDatabaseOf<Definitions extends readonly AnyPublishedTopic[]> = {
  readonly [Definition in Definitions[number] as `${SnakeCase<Definition["name"]>}_events`]: PublishedRowOf<Definition>;
} & {
  readonly [Definition in Definitions[number] as `${SnakeCase<Definition["name"]>}_latest`]: PublishedRowOf<Definition>;
};
