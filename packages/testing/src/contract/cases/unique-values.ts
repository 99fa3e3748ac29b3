import { DuplicateValueError, type EntityOf } from "@annals/core";
import { expect } from "vitest";
import { contractGroup } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";
import { defineArticle } from "../entities/article.ts";
import { thrownBy } from "../thrown-by.ts";

const TENANT = "0190b6f0-0000-7000-8000-00000000000a";
const OTHER_TENANT = "0190b6f0-0000-7000-8000-00000000000b";

type Account = EntityOf<ReturnType<typeof defineAccount>>;

/** Nothing of a refused write may be seen in the instance either. */
const expectStillPending = (entity: Account): void => {
  expect(entity.version).toBe(1);
  expect(entity.pending).toHaveLength(1);
};

export const uniqueValues = contractGroup("unique values", {
  "a taken value is refused on create, and nothing is left behind": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "ada@example.com" });
    const duplicate = accounts.create({ email: "ADA@example.com", name: "Impostor" });
    const error = await thrownBy(duplicate, DuplicateValueError);
    expect(error.columns).toEqual(["email"]);
    expect(error.values).toEqual(["ada@example.com"]);
    expect(error.column).toBe("email");
    expect(error.value).toBe("ada@example.com");
    expect(error.message).not.toContain("@");
    const { items } = await accounts.list();
    expect(items.map(({ id }) => id)).toEqual([ada.id]);
    expect((await accounts.findById(ada.id)).state.name).toBe("Ada");
  },

  "a taken value is refused on update, and the entity can be corrected": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    await accounts.create({ email: "ada@example.com" });
    const bob = await accounts.create({ email: "bob@example.com" });
    bob.changeEmail("Ada@example.com");
    const error = await thrownBy(accounts.update(bob), DuplicateValueError);
    expect(error.columns).toEqual(["email"]);
    expectStillPending(bob);
    expect((await accounts.findById(bob.id)).version).toBe(1);
    bob.changeEmail("bob@example.org");
    expect(await accounts.update(bob)).toBe(2);
    expect((await accounts.findByEmail("bob@example.org")).id).toBe(bob.id);
  },

  "a value that was given up can be taken": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "ada@example.com" });
    ada.changeEmail("countess@example.com");
    await accounts.update(ada);
    const heir = await accounts.create({ email: "ada@example.com" });
    expect((await accounts.findByEmail("ada@example.com")).id).toBe(heir.id);
  },

  "an entity may keep its own value, and write it differently": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "ada@example.com" });
    ada.changeEmail("ADA@example.com");
    expect(await accounts.update(ada)).toBe(1);
    expect((await accounts.findByEmail("ada@example.com")).state.email).toBe("ADA@example.com");
  },

  "a unique column lets many have no value": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const made: Account[] = [];
    for (const name of ["a", "b", "c"]) {
      made.push(await accounts.create({ email: `${name}@example.com`, nickname: null }));
    }
    expect((await accounts.list({ where: { nickname: null, phone: null } })).items).toHaveLength(3);
    const [first, second, third] = made;
    first?.changeNickname("Al");
    second?.changeNickname("Al");
    await accounts.update(first as never);
    const error = await thrownBy(accounts.update(second as never), DuplicateValueError);
    expect(error.columns).toEqual(["nickname"]);
    expect(error.values).toEqual(["Al"]);
    first?.changeNickname(null);
    await accounts.update(first as never);
    third?.changeNickname("Al");
    expect(await accounts.update(third as never)).toBe(1);
  },

  "a taken composite is refused, with the columns and values of both": async (bench) => {
    const articles = await bench.repository(defineArticle);
    await articles.create({ tenantId: TENANT, slug: "Intro", number: 1 });
    await articles.create({ tenantId: OTHER_TENANT, slug: "Intro", number: 2 });
    const duplicate = articles.create({ tenantId: TENANT, slug: "INTRO", number: 3 });
    const error = await thrownBy(duplicate, DuplicateValueError);
    expect(error.columns).toEqual(["tenantId", "slug"]);
    expect(error.values).toEqual([TENANT, "intro"]);
    expect(error.message).not.toMatch(/intro|0190b6f0/i);
    expect((await articles.list()).items).toHaveLength(2);
    expect(await articles.maybeFindByReference("A-3")).toBeUndefined();
  },

  "a taken computed value is refused": async (bench) => {
    const articles = await bench.repository(defineArticle);
    await articles.create({ tenantId: TENANT, slug: "a", number: 1 });
    const duplicate = articles.create({ tenantId: TENANT, slug: "b", number: 1 });
    const error = await thrownBy(duplicate, DuplicateValueError);
    expect(error.columns).toEqual(["reference"]);
    expect(error.values).toEqual(["A-1"]);
    expect((await articles.list()).items).toHaveLength(1);
  },

  "of concurrent creations with one value, exactly one wins": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const attempts = await Promise.allSettled(
      Array.from({ length: 8 }, () => accounts.create({ email: "ada@example.com" })),
    );
    const refused = attempts.filter(({ status }) => status === "rejected");
    expect(refused).toHaveLength(7);
    for (const one of refused) {
      expect(one).toMatchObject({ reason: expect.any(DuplicateValueError) });
    }
    expect((await accounts.list()).items).toHaveLength(1);
  },
});
