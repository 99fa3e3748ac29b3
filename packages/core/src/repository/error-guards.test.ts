import { expect, it } from "vitest";
import * as z from "zod";
import {
  ConcurrentModificationError,
  ConstraintViolationError,
  createStoreRepository,
  DuplicateValueError,
  defineEntity,
  isAlreadyExists,
  isCheckViolation,
  isConflict,
  isDuplicate,
  isForeignKeyViolation,
  isIdempotencyKeyReused,
  isNotFound,
  isRejected,
  isRetryable,
  LockTimeoutError,
  MemoryStore,
  reject,
} from "../index.ts";

const define = (name: string) =>
  defineEntity({
    name,
    idSource: "caller",
    schema: z.object({ slug: z.string(), tenant: z.string() }),
    events: { Made: z.object({ slug: z.string(), tenant: z.string() }) },
    create: (input: { slug: string; tenant: string }) => ({ type: "Made", ...input }),
    evolve: { Made: (_, { slug, tenant }) => ({ slug, tenant }) },
    commands: { close: () => reject("full", 1) },
    index: { slug: { unique: true }, tenant: {} },
    uniqueTogether: [["tenant", "slug"]],
  });

const Page = define("page");
const Other = define("other");
const pages = createStoreRepository(Page, new MemoryStore());
const id = "01890a5d-ac96-774b-bcce-b302099a8057";

const thrownBy = async (call: () => unknown): Promise<unknown> => {
  try {
    return await call();
  } catch (error) {
    return error;
  }
};

it("tell what a repository and its entities throw", async () => {
  const page = await pages.create({ slug: "a", tenant: "t" }, { id });
  const again = () => pages.create({ slug: "a", tenant: "u" }, { id: crypto.randomUUID() });
  const duplicate = await thrownBy(again);
  expect(isDuplicate(duplicate)).toBe(true);
  expect(isDuplicate(duplicate, Page)).toBe(true);
  expect(isDuplicate(duplicate, Page, "slug")).toBe(true);
  expect(isDuplicate(duplicate, Page, "tenant", "slug")).toBe(false);
  expect(isDuplicate(duplicate, Other)).toBe(false);
  expect([isConflict(duplicate), isRetryable(duplicate)]).toEqual([false, false]);

  const exists = await thrownBy(() => pages.create({ slug: "b", tenant: "t" }, { id }));
  expect([isAlreadyExists(exists), isAlreadyExists(exists, Other)]).toEqual([true, false]);

  const missing = await thrownBy(() => pages.findBySlug("nowhere"));
  expect(isNotFound(missing, Page, "slug")).toBe(true);
  expect(isNotFound(missing, Page, "id")).toBe(false);
  const missingId = await thrownBy(() => pages.findById(crypto.randomUUID()));
  expect([isNotFound(missingId), isNotFound(missingId, Page, "id")]).toEqual([true, true]);

  const rejected = await thrownBy(() => page.close());
  expect(isRejected(rejected)).toBe(true);
  expect(isRejected(rejected, "empty", "full")).toBe(true);
  expect(isRejected(rejected, "empty")).toBe(false);
});

it("tell composites from their parts", () => {
  const columns = ["tenant", "slug"];
  const error = new DuplicateValueError({
    id: undefined,
    entity: "page",
    columns,
    values: ["t", "a"],
  });
  expect(isDuplicate(error, Page, "tenant", "slug")).toBe(true);
  expect(isDuplicate(error, Page, "slug")).toBe(false);
});

it("tell constraints, conflicts and what may be repeated", () => {
  const at = { entity: "page", constraint: "pages_tenant_check", column: "tenant" };
  const check = new ConstraintViolationError({ ...at, kind: "check" });
  expect(isCheckViolation(check, Page, "tenant")).toBe(true);
  expect(isCheckViolation(check, Page, "slug")).toBe(false);
  expect(isForeignKeyViolation(check)).toBe(false);
  const foreign = new ConstraintViolationError({ ...at, kind: "foreign-key" });
  expect(isForeignKeyViolation(foreign, Page, "tenant")).toBe(true);
  const conflict = new ConcurrentModificationError({ entity: "page", id, expectedVersion: 1 });
  expect([isConflict(conflict, Page), isConflict(conflict, Other)]).toEqual([true, false]);
  expect(isRetryable(conflict)).toBe(true);
  expect(isRetryable(new LockTimeoutError({ entity: "page" }))).toBe(true);
});

it("take anything that is thrown", () => {
  for (const thrown of [undefined, null, "text", 7, new Error("ANNALS_DUPLICATE_VALUE"), {}]) {
    const answers = [isDuplicate(thrown), isNotFound(thrown), isRejected(thrown)];
    expect([...answers, isConflict(thrown), isRetryable(thrown)]).not.toContain(true);
  }
});

it("tells a reused key by its entity", async () => {
  const once = { idempotencyKey: "key" };
  await pages.create({ slug: "one", tenant: "a" }, { id: crypto.randomUUID(), ...once });
  const reused = await thrownBy(() =>
    pages.create({ slug: "two", tenant: "a" }, { id: crypto.randomUUID(), ...once }),
  );
  const answers = [undefined, Page, Other].map((one) => isIdempotencyKeyReused(reused, one));
  expect(answers).toEqual([true, true, false]);
  expect([isConflict(reused), isRetryable(reused)]).toEqual([false, false]);
  expect(isIdempotencyKeyReused(new Error("other"))).toBe(false);
});
