import { type IdOf, personal, type Repository } from "@annals/core";
import { defineContext } from "@annals/kysely-adapter/context";
import * as z from "zod";
import type { User } from "./user.ts";

type Users = Repository<typeof User, never>;

// #region define
/** Who does things in this application, and why. Once, and shared. */
export const auditContext = defineContext(
  z.object({
    actor: z.string().min(1),
    reason: z.string().optional(),
  }),
);
// #endregion

// #region personal
/** Where requests came from is about whoever made them, and can be forgotten with them. */
export const accessContext = defineContext(
  z.object({ actor: z.string().min(1), ip: personal(z.string()) }),
  { erasure: { subject: { kind: "customer", field: "actor" } } },
);
// #endregion

// #region set
/** A middleware: everything that the request does, however deep, is done by this actor. */
export const handleRequest = <Result>(
  request: { user: string; id: string },
  handle: () => Promise<Result>,
): Promise<Result> =>
  auditContext.withContext({ actor: request.user, correlationId: request.id }, handle);

/** Further down, more is known. */
export const suspendForSpam = (users: Users, id: IdOf<typeof User>) =>
  auditContext.extendContext({ reason: "reported three times" }, () =>
    users.transact(id, (user) => user.suspend("spam")),
  );
// #endregion
