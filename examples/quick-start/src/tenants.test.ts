import { EntityNotFoundError } from "@annals/core";
import { given } from "@annals/testing";
import { expect, it } from "vitest";
import { everyProject, open, openedBy, Project, projectsOf, sizeOf } from "./tenants.ts";

it("keeps tenants apart as the guide says", async () => {
  const [acme, globex] = [{ tenantId: "acme" }, { tenantId: "globex" }];
  const ours = await open(acme, "website");
  const theirs = await open(globex, "website");
  expect(ours.id).not.toBe(theirs.id);
  await expect(projectsOf(acme).findById(theirs.id)).rejects.toThrow(EntityNotFoundError);
  expect(await everyProject.count()).toBe(2);
  expect(await sizeOf("acme")).toBe(1);
  expect(await openedBy("globex")).toEqual(["globex: website"]);
});

it("decides in a scope without a store", () => {
  given(Project, { scope: { tenantId: "acme" } })
    .create({ slug: "website", title: "Website" })
    .then([{ type: "ProjectOpened", tenantId: "acme", slug: "website", title: "Website" }]);
});
