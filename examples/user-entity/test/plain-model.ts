/** A user as the plain model has it. */
export interface PlainUser {
  email: string;
  name: string;
  status: "active" | "suspended";
  version: number;
}

export interface Expected {
  readonly users: readonly PlainUser[];
  readonly refused: readonly { readonly line: number; readonly reason: string }[];
  readonly applied: number;
  readonly alreadyApplied: number;
  readonly blank: number;
}

/**
 * What a file of commands should lead to, worked out with a Map and nothing of Annals: neither the
 * entity, nor its schemas, nor the demo's own reading of lines.
 */
export const expectedFrom = (text: string): Expected => {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const users = new Map<string, PlainUser>();
  const refused: { line: number; reason: string }[] = [];
  const counts: Record<string, number> = { applied: 0, alreadyApplied: 0, blank: 0 };
  for (const [at, line] of lines.entries()) {
    const outcome = run(users, line);
    if (outcome in counts) counts[outcome] = (counts[outcome] ?? 0) + 1;
    else refused.push({ line: at + 1, reason: outcome });
  }
  const { applied = 0, alreadyApplied = 0, blank = 0 } = counts;
  return { users: [...users.values()], refused, applied, alreadyApplied, blank };
};

const FIELDS: Record<string, readonly string[]> = {
  register: ["command", "email", "name"],
  changeEmail: ["command", "email", "to"],
  rename: ["command", "email", "name"],
  suspend: ["command", "email", "reason"],
  reinstate: ["command", "email"],
};

/** Enough for the made-up addresses: something, an at, and a host with a dot. */
const EMAIL = /^[A-Za-z0-9.]+@[A-Za-z0-9]+(\.[A-Za-z0-9]+)+$/;

const run = (users: Map<string, PlainUser>, line: string): string => {
  if (line.trim() === "") return "blank";
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return "not-json";
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "invalid-fields";
  const given = value as Record<string, unknown>;
  const fields = FIELDS[String(given.command)];
  if (fields === undefined) return "unknown-command";
  const complete = fields.every((field) => typeof given[field] === "string");
  if (!complete || Object.keys(given).length !== fields.length) return "invalid-fields";
  return apply(users, given as Record<string, string>);
};

const apply = (users: Map<string, PlainUser>, given: Record<string, string>): string => {
  const { command, email = "", name = "", to = "" } = given;
  const key = email.toLowerCase();
  const user = users.get(key);
  if (command === "register") {
    if (!EMAIL.test(email) || name === "") return "invalid-value";
    if (user !== undefined) return "email-taken";
    users.set(key, { email, name, status: "active", version: 1 });
    return "applied";
  }
  if (user === undefined) return "unknown-user";
  const isSuspended = user.status === "suspended";
  if (isSuspended && (command === "changeEmail" || command === "rename")) return "suspended";
  switch (command) {
    case "changeEmail": {
      if (user.email === to) return "alreadyApplied";
      if (!EMAIL.test(to)) return "invalid-value";
      const holder = users.get(to.toLowerCase());
      if (holder !== undefined && holder !== user) return "email-taken";
      users.delete(key);
      users.set(to.toLowerCase(), user);
      user.email = to;
      break;
    }
    case "rename":
      if (user.name === name) return "alreadyApplied";
      if (name === "") return "invalid-value";
      user.name = name;
      break;
    case "suspend":
      if (isSuspended) return "alreadyApplied";
      user.status = "suspended";
      break;
    case "reinstate":
      if (!isSuspended) return "alreadyApplied";
      user.status = "active";
      break;
  }
  user.version += 1;
  return "applied";
};
