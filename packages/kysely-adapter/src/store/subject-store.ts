import { AnnalsError, SubjectForgottenError } from "@annals/core";
import type { SubjectStore } from "@annals/core/adapter";
import type { Transaction } from "kysely";
import type { Database } from "../connection/database.ts";
import { databaseError } from "../connection/database-error.ts";
import { SQLSTATE, sqlstateOf } from "../connection/sqlstate.ts";
import type { Statement } from "../connection/statement.ts";
import {
  type PersonalValueRow,
  readSubjects,
  readValues,
  registerSubjects,
  registerValues,
  type SubjectRow,
} from "../statements/subjects.ts";
import { subjectForgetting } from "./subject-forgetting.ts";
import { toSubject } from "./to-subject.ts";

/** Keeps subjects, their keys and their values on PostgreSQL. */
export const subjectStore = <DB>(database: Database<DB>): SubjectStore<Transaction<DB>> => {
  const run = async <Row>(
    text: Statement,
    parameters: readonly unknown[],
    join: Parameters<SubjectStore<Transaction<DB>>["read"]>[1],
    call: string,
  ): Promise<readonly Row[]> => {
    try {
      return (await database.run<Row>(text, parameters, join, ["subjects", call])).rows;
    } catch (error) {
      throw error instanceof AnnalsError ? error : databaseError("keeping subjects", error);
    }
  };

  return {
    ...subjectForgetting(database, run),
    isInTransaction: database.db.isTransaction,
    read: async (subjects, join) =>
      (await run<SubjectRow>(readSubjects, [subjects], join, "read")).map(toSubject),
    register: async ({ subjects, uses, values }, wanted, join) => {
      const given = subjects.map(({ subject, key }) => ({
        subject,
        key_id: key?.keyId ?? null,
        wrapped: key === undefined ? null : Buffer.from(key.wrapped).toString("base64"),
      }));
      const parameters = [JSON.stringify(given), JSON.stringify(uses), wanted];
      if (values.length === 0) {
        return (await run<SubjectRow>(registerSubjects, parameters, join, "write")).map(toSubject);
      }
      const all = [...parameters, JSON.stringify(values)];
      try {
        return (await run<SubjectRow>(registerValues, all, join, "write")).map(toSubject);
      } catch (error) {
        if (sqlstateOf((error as Error).cause) !== SQLSTATE.forgottenSubject) throw error;
        const [subject = ""] = wanted;
        throw new SubjectForgottenError({ entity: "an event", subject }, { cause: error });
      }
    },
    values: async (refs, join) => {
      const rows = await run<PersonalValueRow>(readValues, [refs], join, "read");
      return new Map(rows.map(({ ref, value: [value] }) => [ref, value]));
    },
  };
};
