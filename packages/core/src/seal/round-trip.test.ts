import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { forgotten } from "../define/forgotten.ts";
import { payloadCodec } from "../define/payload-codec.ts";
import { personal } from "../define/personal.ts";
import { MemorySubjects } from "../memory/memory-subjects.ts";
import { DataKeys } from "./data-keys.ts";
import { localKeys } from "./local-keys.ts";
import { Vault } from "./vault.ts";

/** A schema with a value that fits it, and the texts that are personal in it. */
interface Case {
  readonly schema: z.ZodType;
  readonly value: unknown;
  readonly secrets: readonly string[];
}

const secret = fc.uuid().map((text) => `secret-${text}`);

const leaf: fc.Arbitrary<Case> = fc.oneof(
  secret.map((value) => ({ schema: personal(z.string()), value, secrets: [value] })),
  fc.string({ unit: "grapheme" }).map((value) => ({ schema: z.string(), value, secrets: [] })),
  fc.integer().map((value) => ({ schema: z.int(), value, secrets: [] })),
  secret.map((text) => ({
    schema: personal(z.object({ text: z.string(), list: z.array(z.int()) })),
    value: { text, list: [1, 2] },
    secrets: [text],
  })),
  secret.map((value) => ({
    schema: personal(z.string()).nullable().optional(),
    value,
    secrets: [value],
  })),
);

const { tree } = fc.letrec<{ tree: Case }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.array(tie("tree"), { maxLength: 3 }).map((items) => ({
      schema: z.object(Object.fromEntries(items.map(({ schema }, at) => [`f${at}`, schema]))),
      value: Object.fromEntries(items.map(({ value }, at) => [`f${at}`, value])),
      secrets: items.flatMap(({ secrets }) => secrets),
    })),
    tie("tree").map(({ schema, value, secrets }) => ({
      schema: z.array(schema),
      value: [value, value],
      secrets,
    })),
    fc.tuple(fc.stringMatching(/^[a-z]{1,5}$/), tie("tree")).map(([key, one]) => ({
      schema: z.record(z.string(), one.schema),
      value: { [key]: one.value },
      secrets: one.secrets,
    })),
    tie("tree").map(({ schema, value, secrets }) => ({
      schema: z.union([
        z.object({ kind: z.literal("other") }),
        z.object({ kind: z.literal("this"), schema }),
      ]),
      value: { kind: "this", schema: value },
      secrets,
    })),
  ),
}));

const provider = localKeys({ current: "k", keys: { k: "P".repeat(43) } });
const place = { topic: "user", id: "1", sequence: 1, type: "Registered" };

describe.each(["crypto-shredding", "payload-table"] as const)("what %s keeps", (method) => {
  it("comes back from any place of any schema, and is nowhere in what is stored", async () => {
    await fc.assert(
      fc.asyncProperty(tree, async ({ schema, value, secrets }) => {
        const codec = payloadCodec(z.object({ all: schema }));
        const encoded = codec.encode({ all: value });
        if (!encoded.ok) throw new Error(encoded.issues[0]?.message);
        const subjects = new MemorySubjects({ forgetRequests: () => {}, dropSnapshots: () => {} });
        const vault = new Vault(new DataKeys("user", subjects, provider));
        const given = { place, subject: "user/1", isFresh: true, json: encoded.result.stored };
        const [json = {}] = await vault.seal(method, [given], [], undefined);
        for (const text of secrets) expect(JSON.stringify(json)).not.toContain(text);
        const [opened = {}] = await vault.open([{ place, json }], undefined);
        expect(codec.decode(opened)).toMatchObject({ ok: true, result: { all: value } });

        await subjects.forget({ subject: "user/1", reason: "r", own: [] });
        const [left = {}] = await vault.open([{ place, json }], undefined);
        const decoded = codec.decode(left);
        expect(decoded.ok).toBe(true);
        for (const text of secrets) expect(JSON.stringify(left)).not.toContain(text);
      }),
      { numRuns: 100 },
    );
  });
});

describe("data that looks like a mark", () => {
  it.each(["$personal", "$sealed", "$forgotten", "$unreadable"])("with %s is refused", (key) => {
    const codec = payloadCodec(z.object({ free: z.json(), secret: personal(z.string()) }));
    const encoded = codec.encode({ free: { deep: [{ [key]: 1 }] }, secret: "s" });
    expect(encoded).toMatchObject({ ok: false, issues: [{ path: ["free", "deep", 0, key] }] });
  });
});

describe("a personal field", () => {
  it("takes what is forgotten, and gives it back", () => {
    const codec = payloadCodec(z.object({ email: personal(z.email()) }));
    const encoded = codec.encode({ email: forgotten });
    expect(encoded).toMatchObject({
      ok: true,
      result: { stored: { email: { $forgotten: true } } },
    });
  });

  it("keeps values out of what is wrong with them", () => {
    const schema = z.object({
      email: personal(z.string().refine(() => false, { error: ({ input }) => `${input} is bad` })),
    });
    const encoded = payloadCodec(schema).encode({ email: "secret" });
    expect(encoded).toMatchObject({
      ok: false,
      issues: [{ path: ["email"], message: "does not fit its schema (custom)" }],
    });
    expect(JSON.stringify(encoded)).not.toContain("secret");
  });
});
