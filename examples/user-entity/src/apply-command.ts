import {
  type Attempt,
  DuplicateValueError,
  type EntityOf,
  type EventOf,
  InvalidEventError,
} from "@annals/core";
import type { Command } from "./command.ts";
import type { Users } from "./database.ts";
import { describeIssue, type Outcome, refused } from "./outcome.ts";
import type { User } from "./user.ts";

type UserCommand = Exclude<Command, { command: "register" }>;

/** Finds the user by current email, decides, and appends. What is refused is told, not thrown. */
export const applyCommand = async (users: Users, command: Command): Promise<Outcome> => {
  try {
    if (command.command === "register") {
      await users.create({ email: command.email, name: command.name });
      return { kind: "applied" };
    }
    const user = await users.maybeFindByEmail(command.email);
    if (user === undefined) return refused("unknown-user", "No user has this email");
    const outcome = outcomeOf(decide(user, command));
    if (outcome.kind === "applied") await users.update(user);
    return outcome;
  } catch (error) {
    if (error instanceof DuplicateValueError) return refused("email-taken", error.message);
    if (error instanceof InvalidEventError) return invalidValue(error);
    throw error;
  }
};

const decide = (
  { attempt }: EntityOf<typeof User>,
  command: UserCommand,
): Attempt<EventOf<typeof User>> => {
  switch (command.command) {
    case "changeEmail":
      return attempt.changeEmail(command.to);
    case "rename":
      return attempt.rename(command.name);
    case "suspend":
      return attempt.suspend(command.reason);
    case "reinstate":
      return attempt.reinstate();
  }
};

const outcomeOf = (attempt: Attempt<unknown>): Outcome => {
  switch (attempt.outcome) {
    case "executed":
      return { kind: "applied" };
    case "alreadyApplied":
      return { kind: "alreadyApplied" };
    case "rejected":
      return refused(attempt.code, `The user is ${attempt.code}`);
    case "invalid":
      return invalidValue(attempt.error);
  }
};

const invalidValue = ({ issues }: Pick<InvalidEventError, "issues">): Outcome =>
  refused("invalid-value", describeIssue(issues));
