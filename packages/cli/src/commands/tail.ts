import type { JsonObject } from "@annals/core";
import { model, type TopicEvent } from "@annals/core/adapter";
import { CliError } from "../cli-error.ts";
import { readingKeys } from "../config/keys.ts";
import { beforeNewest, beforeTime } from "../tail/first-position.ts";
import { type ShownPart, shownParts } from "../tail/shown-parts.ts";
import { parseSince } from "../tail/tail-start.ts";
import { tailedEvents } from "../tail/tailed-events.ts";
import { followed, ofIds, topicsNamed } from "../tail/tailed-topics.ts";
import { bodyWithWords } from "../terminal/personal-words.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { CommandContext } from "./command-context.ts";
import { shown } from "./show.ts";

export interface TailFlags {
  readonly personal?: boolean;
  readonly follow?: boolean;
  readonly last?: number;
  readonly since?: string;
  readonly all?: boolean;
  readonly type?: readonly string[];
  readonly id?: readonly string[];
}

/** `annals tail user --follow`: events as they are committed, each once, in the order of their topic. */
export const tailCommand = (
  context: CommandContext,
  names: readonly string[],
  flags: TailFlags,
): Promise<number> =>
  context.database(async (db, config) => {
    const { terminal, signal } = context;
    const { follow = false } = flags;
    const ids = flags.id?.map((id) => id.trim());
    const named = topicsNamed(config, names);
    const topics = ofIds(followed(named, flags.type), ids);
    const partsOf = shownParts(named, flags.type);
    const begin = startOf(flags);
    const selection = { topics, ids, models: named.map((topic) => topic[model]) };
    const keys = readingKeys(config, flags);
    const start = (settled: number): Promise<number> => {
      if (begin.kind === "all") return Promise.resolve(0);
      if (begin.kind === "last") {
        return beforeNewest(db, config.schema, selection, settled, begin.count);
      }
      return beforeTime(db, config.schema, selection, settled, begin.since);
    };
    const onTrouble = (error: unknown): void =>
      terminal.note(`Trying again: ${error instanceof Error ? error.message : String(error)}`);
    const options = { signal, start, follow, onTrouble, keys };
    for await (const events of tailedEvents(db, selection, options)) {
      for (const event of events) {
        if (begin.kind === "since" && event.recordedAt < begin.since) continue;
        for (const part of partsOf(event)) {
          const words = (json: JsonObject) => bodyWithWords(json, flags.personal === true);
          const context = event.context && words(event.context);
          const headers = event.headers && words(event.headers);
          writeEvent(terminal, { ...event, context, headers }, { ...part, body: words(part.body) });
        }
      }
      await terminal.drained();
    }
    return 0;
  });

type Start =
  | { readonly kind: "all" }
  | { readonly kind: "last"; readonly count: number }
  | { readonly kind: "since"; readonly since: Date };

/** @throws CliError for more than one beginning. */
const startOf = ({ all = false, since, last }: TailFlags): Start => {
  if (Number(all) + Number(since !== undefined) + Number(last !== undefined) > 1) {
    throw new CliError("--all, --since and --last each say where to begin", "Give one of them.");
  }
  if (all) return { kind: "all" };
  if (since !== undefined) return { kind: "since", since: parseSince(since, new Date()) };
  return { kind: "last", count: last ?? 20 };
};

const writeEvent = (
  terminal: Terminal,
  event: TopicEvent,
  { body, part, parts }: ShownPart,
): void => {
  const { topic, id, sequence, position, recordedAt, context, headers, bytes, scope } = event;
  terminal.json({
    ...{ topic, id, sequence, position, recordedAt, event: body, context },
    ...(scope !== undefined && { scope }),
    ...(parts > 1 && { part, parts }),
    ...(headers !== null && { headers }),
    ...(bytes !== null && { bytes: Buffer.from(bytes).toString("base64") }),
  });
  const { type, v: _, ...payload } = body as JsonObject & { type: string };
  const time = terminal.style("dim", recordedAt.toISOString());
  const source = terminal.style(
    "cyan",
    sequence === 0
      ? `${topic} ${id}`
      : `${topic} ${[...(scope ?? []), `${id}/${sequence}`].join(" ")}`,
  );
  terminal.line(`${time}  ${source}  ${terminal.style("bold", type)}  ${shown(payload)}`);
};
