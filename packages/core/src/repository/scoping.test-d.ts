import { describe, expectTypeOf, it } from "vitest";
import * as z from "zod";
import {
  type CreateView,
  createStoreRepository,
  type DatabaseOf,
  defineEntity,
  type EntityOf,
  MemoryStore,
  type MemoryTransaction,
  Scope,
  type ScopeOf,
} from "../index.ts";

const literal = {
  schema: z.object({
    tenantId: z.string().brand("TenantId"),
    region: z.string(),
    email: z.string(),
    team: z.string(),
    nick: z.string().optional(),
  }),
  events: {
    Joined: z.object({
      tenantId: z.string().brand("TenantId"),
      region: z.string(),
      email: z.string(),
    }),
  },
  evolve: {
    Joined: (_: undefined, joined: { tenantId: TenantId; region: string; email: string }) => ({
      tenantId: joined.tenantId,
      region: joined.region,
      email: joined.email,
      team: "red",
    }),
  },
  commands: {},
  index: { email: { unique: true }, team: {} },
  uniqueTogether: [["team", "email"]],
} as const;

type TenantId = string & z.$brand<"TenantId">;

const Member = defineEntity({
  ...literal,
  name: "member",
  scope: ["tenantId"],
  create: (input: { email: string }, { scope }: CreateView<{ tenantId: TenantId }>) => ({
    type: "Joined",
    tenantId: scope.tenantId,
    region: "eu",
    ...input,
  }),
});
const Plain = defineEntity({
  ...literal,
  name: "plain",
  create: (input: { email: string; tenantId: TenantId }) => ({
    type: "Joined",
    region: "eu",
    ...input,
  }),
});

const store = new MemoryStore();
const everyMember = createStoreRepository(Member, store);
const strict = createStoreRepository(Member, store, { requireTransaction: true });
const plain = createStoreRepository(Plain, store);

declare const tenantId: TenantId;
declare const member: EntityOf<typeof Member>;
declare const tx: MemoryTransaction;

/** Looked at by the compiler only. */
const compiled = (check: () => unknown) => expectTypeOf(check).toBeFunction();

describe("a scope", () => {
  it("is what every call of a repository needs", () => {
    compiled(() => {
      everyMember.scoped({ tenantId }).findByEmail("a@example.com");
      everyMember.scoped({ tenantId }).findByTeamAndEmail({ team: "x", email: "a@example.com" });
      // @ts-expect-error without a scope there is no call
      everyMember.findById(member.id);
      // @ts-expect-error nor one that creates
      everyMember.create({ email: "a@example.com" });
      // @ts-expect-error a scope has a value for each of its columns
      everyMember.scoped({});
      // @ts-expect-error and no other
      everyMember.scoped({ tenantId, region: "eu" });
      // @ts-expect-error of the schema's type
      everyMember.scoped({ tenantId: "acme" });
      // @ts-expect-error and is never left out
      everyMember.scoped();
      // @ts-expect-error an entity that is not divided has none
      plain.scoped({ tenantId });
    });
  });

  it("leaves out, for all scopes, what is a matter of one", () => {
    const all = everyMember.scoped(Scope.all);
    compiled(() => {
      all.findById(member.id);
      all.update(member);
      all.list({ where: { tenantId }, orderBy: "tenantId" });
      all.list({ where: { email: "a@example.com" } });
      // @ts-expect-error an entity is created in one scope
      all.create({ email: "a@example.com" });
      // @ts-expect-error also among others
      all.createAll([{ email: "a@example.com" }]);
      // @ts-expect-error values are unique in one scope
      all.findByEmail("a@example.com");
      // @ts-expect-error also together
      all.maybeFindByTeamAndEmail({ team: "x", email: "a@example.com" });
    });
  });

  it("goes together with a transaction that is demanded", () => {
    compiled(() => {
      strict.scoped({ tenantId }).findByEmail("a@example.com", { tx });
      // @ts-expect-error every call takes part in a transaction
      strict.scoped({ tenantId }).findByEmail("a@example.com");
    });
  });

  it("is a column of both tables", () => {
    type Tables = DatabaseOf<[typeof Member]>;
    expectTypeOf<Tables["members"]["tenant_id"]>().toEqualTypeOf<TenantId>();
    expectTypeOf<Tables["member_events"]["tenant_id"]>().toEqualTypeOf<TenantId>();
    expectTypeOf<ScopeOf<typeof Member>>().toEqualTypeOf<{ readonly tenantId: TenantId }>();
    expectTypeOf<
      keyof DatabaseOf<[typeof Plain]>["plain_events"]
    >().not.toEqualTypeOf<"tenant_id">();
  });

  it("is made of fields that always have a value", () => {
    const create = () => ({ type: "Joined", tenantId, region: "eu", email: "" }) as const;
    const shared = { ...literal, name: "wrong", create } as const;
    compiled(() => {
      defineEntity({ ...shared, scope: ["tenantId", "region"] });
      // @ts-expect-error there is no such field
      defineEntity({ ...shared, scope: ["tenant"] });
      // @ts-expect-error it may have no value
      defineEntity({ ...shared, scope: ["nick"] });
    });
  });
});
