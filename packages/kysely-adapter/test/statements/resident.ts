import type { ListQuery, Predicate, UniquePlan } from "@annals/core/adapter";
import type { Statement } from "../../src/connection/statement.ts";
import { appendEach } from "../../src/statements/append-each.ts";
import { countEntities } from "../../src/statements/count-entities.ts";
import { createEach } from "../../src/statements/create-each.ts";
import { createEntities } from "../../src/statements/create-entities.ts";
import { entityTableNames } from "../../src/statements/entity-table-names.ts";
import { findEntity } from "../../src/statements/find-entity.ts";
import { listEntities } from "../../src/statements/list-entities.ts";
import { loadEntities, loadEntity } from "../../src/statements/load-entities.ts";
import { parkValues } from "../../src/statements/park-values.ts";
import { updateEntities } from "../../src/statements/update-entities.ts";
import { writeEntity } from "../../src/statements/write-entity.ts";
import { parkedColumnsOf } from "../../src/store/batch-parameters.ts";
import { Resident } from "../database/resident.ts";

const residents = entityTableNames(Resident.plan, "app");
const all = { includeDeleted: true };
const [byEmail] = Resident.plan.uniques;
const isDeleted: Predicate = { kind: "not", of: { kind: "absent", column: "deletedAt" } };
const inNorth: Predicate = { kind: "compare", column: "house", operator: "=", value: "north" };
const page: ListQuery = {
  where: inNorth,
  orderBy: "createdAt",
  direction: "asc",
  after: { value: "2026-01-01T00:00:00+00:00", id: "01890a5d-ac96-774b-bcce-b302099a8057" },
  before: undefined,
  take: "first",
  limit: 51,
};
const knowsOne = { of: "one", subjects: false } as const;
const ownWrite = { one: true, restoresBound: false };

/** Those of an entity with a lifecycle. */
export const residentStatements: Readonly<Record<string, Statement | { readonly sql: string }>> = {
  "create, deleted": writeEntity(residents, { ...ownWrite, creates: true, deletion: "deleted" }),
  append: writeEntity(residents, { ...ownWrite, creates: false }),
  delete: writeEntity(residents, { ...ownWrite, creates: false, deletion: "deleted" }),
  restore: writeEntity(residents, { ...ownWrite, creates: false, deletion: "restored" }),
  "create many": createEntities(residents),
  "create each": createEach(residents),
  "append to each": appendEach(residents),
  "append to many whose unique values move": updateEntities(residents, { moves: true }),
  "make room for values that go around in a circle": parkValues(
    residents,
    parkedColumnsOf(Resident.plan),
  ),
  "load one": loadEntity(residents),
  "load one, deleted too": loadEntity(residents, all),
  "load many": loadEntities(residents),
  "load many, deleted too": loadEntities(residents, all),
  "find by residents_email_key": findEntity(residents, byEmail as UniquePlan),
  "find what is newer, deleted too": findEntity(residents, byEmail as UniquePlan, all, knowsOne),
  "find by residents_email_key, deleted too": findEntity(residents, byEmail as UniquePlan, all),
  list: listEntities(residents, page),
  "list, deleted too": listEntities(residents, page, all),
  "list what is deleted": listEntities(
    residents,
    { ...page, where: isDeleted, orderBy: "deletedAt", direction: "desc" },
    all,
  ),
  count: countEntities(residents, inNorth, undefined),
  "count, deleted too, up to a limit": countEntities(residents, inNorth, 1, all),
};
