import { createStoreConsumer, createStoreRepository, MemoryStore } from "@annals/core";
import { expect, it } from "vitest";
import { auditContext, handleRequest, suspendForSpam } from "./context.ts";
import { User } from "./user.ts";

it("stores with events what the guide says", async () => {
  const store = new MemoryStore();
  const users = createStoreRepository(User, store, { context: auditContext });
  const { id } = await handleRequest({ user: "ada", id: "r-1" }, () =>
    users.create({ email: "bob@example.com", name: "Bob" }),
  );
  await handleRequest({ user: "eve", id: "r-2" }, () => suspendForSpam(users, id));

  const log: unknown[] = [];
  // #region read
  const audit = createStoreConsumer(store, {
    name: "audit",
    topics: [User],
    context: auditContext,
    on: {
      UserSuspended: (_event, { entityId, sequence, context }) => {
        const { actor, reason, correlationId } = auditContext.parse(context) ?? {};
        log.push({ event: `${entityId}/${sequence}`, actor, reason, correlationId });
      },
    },
  });
  // #endregion
  await audit.catchUp();
  expect(log).toEqual([
    { event: `${id}/2`, actor: "eve", reason: "reported three times", correlationId: "r-2" },
  ]);
});
