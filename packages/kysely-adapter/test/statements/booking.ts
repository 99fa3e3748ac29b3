import type { UniquePlan } from "@annals/core/adapter";
import type { Statement } from "../../src/connection/statement.ts";
import { createEntities } from "../../src/statements/create-entities.ts";
import { entityHistory } from "../../src/statements/entity-history.ts";
import { entityTableNames } from "../../src/statements/entity-table-names.ts";
import { findEntity } from "../../src/statements/find-entity.ts";
import { recallRequest } from "../../src/statements/idempotency-key.ts";
import { loadEntities, loadEntity } from "../../src/statements/load-entities.ts";
import { loadPast } from "../../src/statements/load-past.ts";
import { queriedEntities } from "../../src/statements/queried-entities.ts";
import { readTopic } from "../../src/statements/read-topic.ts";
import { updateEntities } from "../../src/statements/update-entities.ts";
import { writeEntity } from "../../src/statements/write-entity.ts";
import { Booking } from "../database/booking.ts";

const bookings = entityTableNames(Booking.plan, "app");
const ofOne = { scope: ["01890a5d-ac96-774b-bcce-b302099a8057", 1] };
const knowsOne = { of: "one", subjects: false } as const;
const ownWrite = { one: true, restoresBound: false };
const [byCode] = Booking.plan.uniques;

/** Those of an entity that is divided into scopes. */
export const bookingStatements: Readonly<Record<string, Statement | { readonly sql: string }>> = {
  "create, one event": writeEntity(bookings, { ...ownWrite, creates: true }),
  append: writeEntity(bookings, { ...ownWrite, creates: false }),
  "append with a key": writeEntity(bookings, { ...ownWrite, creates: false, keyed: true }),
  "recall a request": recallRequest(bookings),
  "create many": createEntities(bookings),
  "append to many": updateEntities(bookings, { moves: false }),
  "load one": loadEntity(bookings, ofOne),
  "load one of any scope": loadEntity(bookings),
  "load what is newer of one": loadEntity(bookings, ofOne, knowsOne),
  "load many, deleted too": loadEntities(bookings, { ...ofOne, includeDeleted: true }),
  "load one as of a version": loadPast(bookings, "version", ofOne),
  history: entityHistory(bookings, "asc", ofOne),
  "find by bookings_code_key": findEntity(bookings, byCode as UniquePlan, ofOne),
  "a query of the user's own": {
    sql: queriedEntities(bookings, "select id from bookings where code = $1", ofOne, 2),
  },
  "read a topic for one scope": readTopic("app", [Booking.plan], {
    slots: false,
    keys: false,
    scope: true,
  }),
};
