import { alreadyApplied, type CreateView, defineEntity, reject } from "@annals/core";
import * as z from "zod";

const fields = { code: z.string(), team: z.string(), budget: z.number().nullable() };

/** An entity that is divided into scopes, whose ids callers may choose: everything that could reach across. */
export const defineProject = (name: string) =>
  defineEntity({
    name,
    idSource: "caller",
    scope: ["tenantId"],
    schema: z.object({ tenantId: z.string(), ...fields, isOpen: z.boolean() }),
    events: {
      ProjectOpened: z.object({ tenantId: z.string(), ...fields }),
      ProjectChanged: z.object(fields),
      ProjectMoved: z.object({ tenantId: z.string() }),
      ProjectArchived: z.object({}),
      ProjectReturned: z.object({}),
    },
    create: (
      input: { code: string; team?: string; budget?: number | null; elsewhere?: string },
      { scope }: CreateView<{ tenantId: string }>,
    ) => ({
      type: "ProjectOpened",
      // Another scope than the repository's is a mistake that has to be noticed.
      tenantId: input.elsewhere ?? scope.tenantId,
      code: input.code,
      team: input.team ?? "core",
      budget: input.budget ?? null,
    }),
    evolve: {
      ProjectOpened: (_, { type: _type, ...project }) => ({ ...project, isOpen: true }),
      ProjectChanged: (state, { code, team, budget }) => ({ ...state, code, team, budget }),
      ProjectMoved: (state, { tenantId }) => ({ ...state, tenantId }),
      ProjectArchived: (state) => ({ ...state, isOpen: false }),
      ProjectReturned: (state) => ({ ...state, isOpen: true }),
    },
    commands: {
      change: ({ state }, to: { code?: string; team?: string; budget?: number | null }) =>
        !state.isOpen
          ? reject("archived")
          : to.code === state.code
            ? alreadyApplied
            : {
                type: "ProjectChanged",
                code: state.code,
                team: state.team,
                budget: state.budget,
                ...to,
              },
      move: (_, tenantId: string) => ({ type: "ProjectMoved", tenantId }),
    },
    index: { code: { unique: true }, team: {}, budget: { unique: true } },
    uniqueTogether: [["team", "code"]],
    lifecycle: { delete: "ProjectArchived", restore: "ProjectReturned" },
  });
