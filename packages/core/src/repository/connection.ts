import type { Page } from "./list-type.ts";

/** A page in the shape of the GraphQL Cursor Connections Specification (relay.dev). */
export interface Connection<Item> {
  readonly edges: readonly { readonly node: Item; readonly cursor: string }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

/** Turns a page into a Relay connection. */
export const toConnection = <Item>(page: Page<Item>): Connection<Item> => ({
  edges: page.items.map((node, index) => ({ node, cursor: page.cursorAt(index) as string })),
  pageInfo: {
    hasNextPage: page.hasNextPage,
    hasPreviousPage: page.hasPreviousPage,
    startCursor: page.startCursor ?? null,
    endCursor: page.endCursor ?? null,
  },
});
