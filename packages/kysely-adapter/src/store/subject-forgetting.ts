import type { EntityPlan, StoredReceipt, SubjectStore } from "@annals/core/adapter";
import type { Transaction } from "kysely";
import type { Database } from "../connection/database.ts";
import type { Statement } from "../connection/statement.ts";
import { entityTableNames } from "../statements/entity-table-names.ts";
import {
  completeForgetting,
  dropSnapshots,
  forgetRequests,
  forgetSubject,
  noteUses,
  pendingUses,
  type ReceiptRow,
  readReceipt,
  type SubjectUseRow,
  settleUse,
} from "../statements/forget-subject.ts";
import { oldKeys, rewrapKeys } from "../statements/rewrap-keys.ts";
import type { SubjectRow } from "../statements/subjects.ts";
import { toSubject } from "./to-subject.ts";

type Run<DB> = <Row>(
  text: Statement,
  parameters: readonly unknown[],
  join: Transaction<DB> | "none",
  call: string,
) => Promise<readonly Row[]>;

type Forgetting<Tx> = Pick<
  SubjectStore<Tx>,
  | ("forget" | "pending" | "settle" | "forgetRequests" | "dropSnapshots" | "complete" | "receipt")
  | ("oldKeys" | "rewrap")
>;

/** What forgets subjects, and wraps the keys of the others anew. */
export const subjectForgetting = <DB>(
  database: Database<DB>,
  run: Run<DB>,
): Forgetting<Transaction<DB>> => {
  const receipt = async (subject: string): Promise<StoredReceipt | undefined> => {
    const [row] = await run<ReceiptRow>(readReceipt, [subject], "none", "receipt");
    if (row === undefined) return undefined;
    const { done, ...rest } = row;
    return { ...rest, ...done };
  };

  return {
    forget: async ({ subject, reason, own }) => {
      if (own.length > 0) await run(noteUses, [JSON.stringify(own)], "none", "forget");
      const parameters = [subject, reason];
      const [row] = await run<{ values: number }>(forgetSubject, parameters, "none", "forget");
      return { values: row?.values ?? 0 };
    },
    pending: (subject, after, limit) => {
      const parameters = [subject, after?.topic ?? "", after?.id ?? "", limit];
      return run<SubjectUseRow>(pendingUses, parameters, "none", "pending");
    },
    settle: async ({ subject, topic, id }, tx) => {
      await run(settleUse, [subject, topic, id], tx, "settle");
    },
    forgetRequests: async (plan: EntityPlan, subject) => {
      const text = forgetRequests(entityTableNames(plan, database.schema));
      await run(text, [subject], "none", "forget");
    },
    dropSnapshots: async (plan, id, tx) => {
      const tables = entityTableNames(plan, database.schema);
      if (tables.snapshots === undefined) return;
      await run(dropSnapshots(tables, tables.snapshots), [id], tx, "forget");
    },
    complete: async (subject, reason, counts) => {
      const parameters = [subject, reason, JSON.stringify(counts)];
      await run(completeForgetting, parameters, "none", "complete");
      return (await receipt(subject)) as StoredReceipt;
    },
    receipt,
    oldKeys: async ({ current, after, limit }) => {
      const rows = await run<SubjectRow>(oldKeys, [current, after, limit], "none", "rotate");
      return rows.map(toSubject) as Awaited<ReturnType<SubjectStore<never>["oldKeys"]>>;
    },
    rewrap: async (keys) => {
      const given = keys.map(({ subject, from, to }) => ({
        subject,
        from: Buffer.from(from.wrapped).toString("base64"),
        key_id: to.keyId,
        to: Buffer.from(to.wrapped).toString("base64"),
      }));
      const parameters = [JSON.stringify(given)];
      const [row] = await run<{ rewrapped: number }>(rewrapKeys, parameters, "none", "rotate");
      return row?.rewrapped ?? 0;
    },
  };
};
