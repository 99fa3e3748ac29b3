import { EntityNotFoundError, InvalidArgumentError } from "@annals/core";
import { expect } from "vitest";
import { contractGroup } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";
import { defineArticle } from "../entities/article.ts";
import { thrownBy } from "../thrown-by.ts";

const TENANT = "0190b6f0-0000-7000-8000-00000000000a";
const OTHER_TENANT = "0190b6f0-0000-7000-8000-00000000000b";

export const finders = contractGroup("finders", {
  "a unique column finds its entity, with its whole history": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "ada@example.com", phone: "+44 1" });
    await accounts.create({ email: "bob@example.com", phone: "+44 2" });
    ada.rename("Countess");
    await accounts.update(ada);
    const found = await accounts.findByEmail("ada@example.com");
    expect(found.id).toBe(ada.id);
    expect(found.version).toBe(2);
    expect(found.history).toEqual(ada.history);
    expect((await accounts.maybeFindByPhone("+44 1"))?.id).toBe(ada.id);
    expect((await accounts.findByPhone("+44 2")).state.email).toBe("bob@example.com");
  },

  "a value that nobody has is not found": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    expect(await accounts.maybeFindByEmail("nobody@example.com")).toBeUndefined();
    const missing = accounts.findByEmail("nobody@example.com");
    const error = await thrownBy(missing, EntityNotFoundError);
    expect(error.columns).toEqual(["email"]);
    expect(error.values).toEqual(["nobody@example.com"]);
    expect(error.message).not.toContain("nobody");
  },

  "lookups read what was just written": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "ada@example.com" });
    ada.changeEmail("countess@example.com");
    await accounts.update(ada);
    expect((await accounts.findByEmail("countess@example.com")).id).toBe(ada.id);
    expect(await accounts.maybeFindByEmail("ada@example.com")).toBeUndefined();
  },

  "a value is normalized when it is written and when it is looked up": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "Ada@Example.COM" });
    expect(ada.state.email).toBe("Ada@Example.COM");
    for (const email of ["ada@example.com", "ADA@EXAMPLE.COM", "Ada@Example.COM"]) {
      expect((await accounts.findByEmail(email)).id).toBe(ada.id);
    }
    const page = await accounts.list({ where: { email: "aDA@example.com" } });
    expect(page.items.map(({ id }) => id)).toEqual([ada.id]);
  },

  "a composite finds its entity, its columns normalized": async (bench) => {
    const articles = await bench.repository(defineArticle);
    const first = await articles.create({ tenantId: TENANT, slug: "Intro", number: 1 });
    const other = await articles.create({ tenantId: OTHER_TENANT, slug: "intro", number: 2 });
    const found = await articles.findByTenantIdAndSlug({ tenantId: TENANT, slug: "INTRO" });
    expect(found.id).toBe(first.id);
    expect(found.state.slug).toBe("Intro");
    const maybe = await articles.maybeFindByTenantIdAndSlug({
      slug: "intro",
      tenantId: OTHER_TENANT,
    });
    expect(maybe?.id).toBe(other.id);
    const missing = articles.findByTenantIdAndSlug({ tenantId: TENANT, slug: "outro" });
    const error = await thrownBy(missing, EntityNotFoundError);
    expect(error.columns).toEqual(["tenantId", "slug"]);
    expect(error.values).toEqual([TENANT, "outro"]);
  },

  "a computed column finds its entity and follows the state": async (bench) => {
    const articles = await bench.repository(defineArticle);
    const article = await articles.create({ tenantId: TENANT, slug: "a", number: 7 });
    expect((await articles.findByReference("A-7")).id).toBe(article.id);
    article.renumber(8);
    await articles.update(article);
    expect((await articles.findByReference("A-8")).id).toBe(article.id);
    expect(await articles.maybeFindByReference("A-7")).toBeUndefined();
  },

  "nothing cannot be looked up": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const articles = await bench.repository(defineArticle);
    await accounts.create({ email: "ada@example.com" });
    for (const nothing of [null, undefined] as never[]) {
      await thrownBy(accounts.findByNickname(nothing), InvalidArgumentError);
      await thrownBy(accounts.maybeFindByPhone(nothing), InvalidArgumentError);
      const half = { tenantId: TENANT, slug: nothing };
      await thrownBy(articles.maybeFindByTenantIdAndSlug(half), InvalidArgumentError);
    }
  },

  "a value that no column can hold is not found": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const articles = await bench.repository(defineArticle);
    await accounts.create({ email: "ada@example.com" });
    for (const email of ["\u0000", "a\ud800", "ada@example.com\u0000"]) {
      expect(await accounts.maybeFindByEmail(email)).toBeUndefined();
      await thrownBy(accounts.findByEmail(email), EntityNotFoundError);
      await thrownBy(accounts.list({ where: { email } }), InvalidArgumentError);
    }
    for (const tenantId of ["garbage", "", `${TENANT}0`]) {
      const found = await articles.maybeFindByTenantIdAndSlug({ tenantId, slug: "a" });
      expect(found).toBeUndefined();
      await thrownBy(articles.list({ where: { tenantId } }), InvalidArgumentError);
    }
  },
});
