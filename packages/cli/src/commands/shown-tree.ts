import type { AnyEntity } from "@annals/core";
import { model } from "@annals/core/adapter";
import { withWords } from "../terminal/personal-words.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** A child of an entity, with what is below it by kind. */
export interface ShownChild {
  readonly id: string;
  readonly version: number;
  readonly state: Readonly<Record<string, unknown>>;
  readonly children?: ShownChildren;
}

export interface ShownChildren {
  readonly [kind: string]: readonly ShownChild[];
}

interface Member {
  readonly id: string;
  readonly version: number;
  readonly state: object | undefined;
}

/** The children of an entity that are not removed; `undefined` where its definition has none. */
export const shownChildren = (
  definition: AnyEntity,
  entity: object,
  personal: boolean,
): ShownChildren | undefined => {
  const kinds = definition[model].children;
  if (kinds.length === 0) return undefined;
  return Object.fromEntries(
    kinds.map((kind) => {
      const members = entity as Readonly<Record<string, Iterable<Member>>>;
      return [
        kind.name,
        Array.from(members[kind.name] ?? [], (child): ShownChild => {
          const below = shownChildren(kind.definition, child, personal);
          return {
            id: child.id,
            version: child.version,
            state: withWords(child.state, personal) as Record<string, unknown>,
            ...(below !== undefined && { children: below }),
          };
        }),
      ];
    }),
  );
};

/** The children by their ids, beside the state of their parent: what a comparison goes by. */
export const comparedTree = (
  state: object,
  children: ShownChildren | undefined,
): Record<string, unknown> => ({
  ...state,
  ...Object.fromEntries(
    Object.entries(children ?? {}).map(([kind, members]) => [
      kind,
      Object.fromEntries(
        members.map((child) => [child.id, comparedTree(child.state, child.children)]),
      ),
    ]),
  ),
});

/** A list for each kind, indented below the one above it. */
export const writeChildren = (
  terminal: Terminal,
  children: ShownChildren,
  shown: (value: unknown) => string,
  indent = "",
): void => {
  for (const [kind, members] of Object.entries(children)) {
    if (indent === "") terminal.line();
    terminal.line(`${indent}${terminal.style("dim", `${kind} (${members.length})`)}`);
    for (const { id, version, state, children: below } of members) {
      terminal.line(`${indent}  ${id} at version ${version}  ${shown(state)}`);
      if (below !== undefined) writeChildren(terminal, below, shown, `${indent}    `);
    }
  }
};
