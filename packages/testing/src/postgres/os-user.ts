import { execFileSync } from "node:child_process";

export interface OsUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * PostgreSQL refuses to run as root, which is who one is in most containers. An account that is
 * there already will do: none is created, since that would outlast the tests.
 */
export function unprivilegedUser(): OsUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    const user = lookUp(name);
    if (user !== undefined) return user;
  }
  throw new Error("PostgreSQL cannot run as root, and no user postgres or nobody exists");
}

function lookUp(name: string): OsUser | undefined {
  try {
    const id = (flag: string) =>
      Number(execFileSync("id", [flag, name], { encoding: "utf8", stdio: "pipe" }));
    return { uid: id("-u"), gid: id("-g") };
  } catch {
    return undefined;
  }
}
