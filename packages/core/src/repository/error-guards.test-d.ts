import { describe, expectTypeOf, it } from "vitest";
import * as z from "zod";
import {
  type CommandRejectedError,
  type DuplicateValueError,
  defineEntity,
  isCheckViolation,
  isDuplicate,
  isForeignKeyViolation,
  isNotFound,
  isRejected,
  isRetryable,
} from "../index.ts";

const Page = defineEntity({
  name: "page",
  schema: z.object({ slug: z.string(), tenant: z.string(), title: z.string() }),
  events: { Made: z.object({ slug: z.string(), tenant: z.string() }) },
  create: (input: { slug: string; tenant: string }) => ({ type: "Made", ...input }),
  evolve: { Made: (_, { slug, tenant }) => ({ slug, tenant, title: "" }) },
  commands: {},
  index: { slug: { unique: true }, tenant: {}, title: {} },
  uniqueTogether: [["tenant", "title"]],
});

const error = {} as unknown;

describe("guards", () => {
  it("know the unique columns of a definition", () => {
    isDuplicate(error);
    isDuplicate(error, Page);
    isDuplicate(error, Page, "slug");
    isDuplicate(error, Page, "tenant", "title");
    // @ts-expect-error: not unique by itself
    isDuplicate(error, Page, "title");
    // @ts-expect-error: no column
    isDuplicate(error, Page, "slugg");
    // @ts-expect-error: only a part of a composite, in another order
    isDuplicate(error, Page, "title", "tenant");
    isNotFound(error, Page, "id");
    isNotFound(error, Page, "slug");
    // @ts-expect-error: there is no finder for it
    isNotFound(error, Page, "title");
  });

  it("know the columns of a definition", () => {
    isForeignKeyViolation(error, Page, "tenant");
    isCheckViolation(error, Page, "title");
    // @ts-expect-error: no column
    isCheckViolation(error, Page, "version");
  });

  it("narrow", () => {
    if (isDuplicate(error, Page, "slug")) expectTypeOf(error).toEqualTypeOf<DuplicateValueError>();
    if (isRejected(error)) expectTypeOf(error.reason).toEqualTypeOf<string>();
    if (isRejected(error, "full", "closed")) {
      expectTypeOf(error).toExtend<CommandRejectedError>();
      expectTypeOf(error.reason).toEqualTypeOf<"full" | "closed">();
    }
    if (isCheckViolation(error)) expectTypeOf(error.kind).toEqualTypeOf<"check">();
    if (isRetryable(error)) expectTypeOf(error.retryable).toEqualTypeOf<true>();
  });
});
