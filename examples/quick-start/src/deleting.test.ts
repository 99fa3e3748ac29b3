import { createStoreRepository, MemoryStore } from "@annals/core";
import { expect, it } from "vitest";
import { abandon, deleteProject, restoreProject, trash } from "./deleting.ts";
import { Project } from "./project.ts";

it("deletes and restores as the guide shows", async () => {
  const projects = createStoreRepository(Project, new MemoryStore());
  const { id } = await projects.create({ slug: "annals", title: "Annals" });
  const { found, read } = await deleteProject(projects, "annals");
  expect([found, read.isDeleted]).toEqual([undefined, true]);

  expect((await restoreProject(projects, id)).state.slug).toBe("annals");
  await deleteProject(projects, "annals");
  const heir = await projects.create({ slug: "annals", title: "Annals again" });
  expect((await restoreProject(projects, id)).state.slug).toBe("annals-2");

  expect((await abandon(projects, heir.id)).result).toBe("executed");
  expect((await trash(projects)).items.map((project) => project.id)).toEqual([heir.id]);
});
