import { DuplicateValueError, type Repository } from "@annals/core";
import type { Project } from "./project.ts";

type Projects = Repository<typeof Project, never>;

// #region delete
export const deleteProject = async (projects: Projects, slug: string) => {
  const project = await projects.findBySlug(slug);
  await projects.delete(project, { reason: "duplicate" }); // the payload of ProjectDeleted
  return {
    found: await projects.maybeFindBySlug(slug), // undefined, as if it had never been
    read: await projects.findById(project.id, { includeDeleted: true }),
  };
};
// #endregion

// #region restore
export const restoreProject = async (projects: Projects, id: string) => {
  const project = await projects.findById(id, { includeDeleted: true });
  try {
    await projects.restore(project);
  } catch (error) {
    if (!(error instanceof DuplicateValueError)) throw error;
    project.resumeAs(`${project.state.slug}-2`); // another project has the slug by now
    await projects.update(project);
  }
  return project;
};
// #endregion

// #region trash
/** What was deleted, the latest first. */
export const trash = (projects: Projects) =>
  projects.list({
    includeDeleted: true,
    where: { deletedAt: { not: null } },
    orderBy: "deletedAt",
    direction: "desc",
  });
// #endregion

// #region commands
/** A command may yield the event as well; `transact` then decides again after a lost race. */
export const abandon = (projects: Projects, id: string) =>
  projects.transact(id, (project) => project.abandon());
// #endregion
