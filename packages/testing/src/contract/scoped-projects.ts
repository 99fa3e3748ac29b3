import { Scope } from "@annals/core";
import type { Bench } from "./bench.ts";
import { defineProject } from "./entities/project.ts";

let ids = 0;

/** An id that no other entity has. */
export const nextId = (): string => {
  ids += 1;
  return `0190b6f0-0000-7000-8000-${ids.toString(16).padStart(12, "0")}`;
};

/** A repository of projects, and its views of two tenants and of all. */
export const scopedProjects = async (bench: Bench) => {
  const projects = await bench.repository(defineProject);
  return {
    projects,
    acme: projects.scoped({ tenantId: "acme" }),
    globex: projects.scoped({ tenantId: "globex" }),
    all: projects.scoped(Scope.all),
  };
};
