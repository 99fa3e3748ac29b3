import {
  type CreateView,
  createStoreConsumer,
  createStoreRepository,
  defineEntity,
  MemoryStore,
  Scope,
} from "@annals/core";
import * as z from "zod";

// #region definition
export const Project = defineEntity({
  name: "project",
  scope: ["tenantId"], // a field of the schema that every project has, and keeps
  schema: z.object({ tenantId: z.string(), slug: z.string(), title: z.string() }),
  events: {
    ProjectOpened: z.object({ tenantId: z.string(), slug: z.string(), title: z.string() }),
    ProjectRenamed: z.object({ title: z.string() }),
  },
  create: (
    input: { slug: string; title: string },
    { scope }: CreateView<{ tenantId: string }>, // the scope of the repository that creates
  ) => ({ type: "ProjectOpened", tenantId: scope.tenantId, ...input }),
  evolve: {
    ProjectOpened: (_, { tenantId, slug, title }) => ({ tenantId, slug, title }),
    ProjectRenamed: (state, { title }) => ({ ...state, title }),
  },
  commands: {
    rename: (_, title: string) => ({ type: "ProjectRenamed", title }),
  },
  index: { slug: { unique: true }, title: {} }, // a slug is unique within its tenant
});
// #endregion

// #region security
export const Memo = defineEntity({
  name: "memo",
  scope: ["tenantId"],
  rowLevelSecurity: true,
  writerRole: "app", // a role that may read and add, and owns nothing
  schema: z.object({ tenantId: z.string(), text: z.string() }),
  events: { MemoWritten: z.object({ tenantId: z.string(), text: z.string() }) },
  create: (text: string, { scope }: CreateView<{ tenantId: string }>) => ({
    type: "MemoWritten",
    tenantId: scope.tenantId,
    text,
  }),
  evolve: { MemoWritten: (_, { tenantId, text }) => ({ tenantId, text }) },
  commands: {},
  index: {},
});
// #endregion

const store = new MemoryStore();

// #region use
const allProjects = createStoreRepository(Project, store); // createRepository(Project, { db }) on PostgreSQL

/** For each request, as cheap as an object: no statement, no connection. */
export const projectsOf = (session: { readonly tenantId: string }) =>
  allProjects.scoped({ tenantId: session.tenantId });

export const open = async (session: { readonly tenantId: string }, slug: string) => {
  const projects = projectsOf(session);
  await projects.create({ slug, title: slug });
  return projects.findBySlug(slug); // this tenant's, whoever else has one of that name
};
// #endregion

// #region operate
/** On purpose: everything of everybody, for those who operate all tenants. */
export const everyProject = allProjects.scoped(Scope.all);

export const sizeOf = (tenantId: string) => everyProject.count({ where: { tenantId } });
// #endregion

// #region consume
export const openedBy = async (tenantId: string): Promise<readonly string[]> => {
  const titles: string[] = [];
  const consumer = createStoreConsumer(store, {
    name: `titles-of-${tenantId}`,
    topics: [Project],
    only: { scope: { tenantId } }, // left out, it reads every tenant; `scope` says whose an event is
    on: {
      ProjectOpened: ({ title }, { scope }) => void titles.push(`${scope.tenantId}: ${title}`),
    },
  });
  await consumer.catchUp();
  return titles;
};
// #endregion
