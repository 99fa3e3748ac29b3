import { alreadyApplied, defineEntity } from "@annals/core";
import * as z from "zod";

// #region definition
export const Project = defineEntity({
  name: "project",
  schema: z.object({ slug: z.string(), title: z.string() }),
  events: {
    ProjectStarted: z.object({ slug: z.string(), title: z.string() }),
    SlugChanged: z.object({ slug: z.string() }),
    ProjectDeleted: z.object({ reason: z.string() }),
    ProjectRestored: z.object({}),
  },
  create: (input: { slug: string; title: string }) => ({ type: "ProjectStarted", ...input }),
  evolve: {
    ProjectStarted: (_, { slug, title }) => ({ slug, title }),
    SlugChanged: (state, { slug }) => ({ ...state, slug }),
    ProjectDeleted: (state) => state,
    ProjectRestored: (state) => state,
  },
  commands: {
    abandon: ({ isDeleted }) =>
      isDeleted ? alreadyApplied : { type: "ProjectDeleted", reason: "abandoned" },
    resumeAs: (_, slug: string) => [{ type: "ProjectRestored" }, { type: "SlugChanged", slug }],
  },
  index: { slug: { unique: true }, title: {} },
  lifecycle: { delete: "ProjectDeleted", restore: "ProjectRestored" },
});
// #endregion
