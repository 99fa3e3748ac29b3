import {
  type IdOf,
  isIdempotencyKeyReused,
  isReplayed,
  LockTimeoutError,
  type Repository,
} from "@annals/core";
import type { User } from "./user.ts";

type Users = Repository<typeof User, never>;

// #region handler
export const register = async (users: Users, request: Request): Promise<Response> => {
  const idempotencyKey = request.headers.get("Idempotency-Key");
  if (idempotencyKey === null)
    return new Response("An Idempotency-Key is missing", { status: 400 });
  try {
    const { email, name } = (await request.json()) as { email: string; name: string };
    const user = await users.create({ email, name }, { idempotencyKey });
    // The same answer each time: the entity is as the first request left it.
    const headers = { "Idempotent-Replayed": String(isReplayed(user)) };
    return Response.json({ id: user.id, ...user.state }, { status: 201, headers });
  } catch (error) {
    if (isIdempotencyKeyReused(error)) return new Response(null, { status: 422 });
    if (error instanceof LockTimeoutError) return new Response(null, { status: 409 }); // still at work
    throw error;
  }
};
// #endregion

// #region transact
export const suspend = async (
  users: Users,
  id: IdOf<typeof User>,
  reason: string,
  idempotencyKey: string,
) => {
  const suspended = await users.transact(id, (user) => user.suspend(reason), {
    idempotencyKey,
    request: { reason }, // with the id, what is asked for: the same key with another reason is refused
  });
  return suspended.replayed
    ? `suspended before, at version ${suspended.entity.version}`
    : suspended.result; // "executed" | "alreadyApplied"
};
// #endregion

// #region update
export const changeEmail = async (
  users: Users,
  id: IdOf<typeof User>,
  email: string,
  idempotencyKey: string,
) => {
  const user = await users.findById(id);
  user.changeEmail(email);
  await users.update(user, { idempotencyKey }); // a repetition: the events are not written again
  return user; // and the user is as the first request left it
};
// #endregion
