import { defineEntity } from "@annals/core";
import * as z from "zod";

export interface ArticleInput {
  readonly tenantId: string;
  readonly slug: string;
  readonly number: number;
  readonly title?: string;
}

/** A composite unique constraint, and columns computed from the state. */
export const defineArticle = (name: string) =>
  defineEntity({
    name,
    schema: z.object({
      tenantId: z.uuid(),
      slug: z.string(),
      number: z.int(),
      title: z.string(),
    }),
    events: {
      ArticleWritten: z.object({
        tenantId: z.uuid(),
        slug: z.string(),
        number: z.int(),
        title: z.string(),
      }),
      ArticleMoved: z.object({ slug: z.string() }),
      ArticleNumbered: z.object({ number: z.int() }),
    },
    create: ({ title = "", ...input }: ArticleInput) => ({
      type: "ArticleWritten",
      ...input,
      title,
    }),
    evolve: {
      ArticleWritten: (_, { tenantId, slug, number, title }) => ({ tenantId, slug, number, title }),
      ArticleMoved: (state, { slug }) => ({ ...state, slug }),
      ArticleNumbered: (state, { number }) => ({ ...state, number }),
    },
    commands: {
      move: (_, slug: string) => ({ type: "ArticleMoved", slug }),
      renumber: (_, number: number) => ({ type: "ArticleNumbered", number }),
    },
    index: {
      tenantId: {},
      slug: { normalize: (slug) => slug.toLowerCase() },
    },
    computed: {
      reference: { from: ({ number }) => `A-${number}`, type: "text", unique: true },
      words: {
        from: ({ title }) => (title === "" ? null : title.split(" ").length),
        type: "integer",
      },
    },
    uniqueTogether: [["tenantId", "slug"]],
  });
