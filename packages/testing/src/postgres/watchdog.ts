import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

// A process of its own, started beside the server with a pipe from the process that started both.
// The pipe closes when that process ends, in whatever way: then nobody else is left to clean up.

const home = process.argv[2];
if (home === undefined) throw new Error("usage: watchdog <folder of the server>");

process.stdin.resume();
process.stdin.on("end", async () => {
  for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    const pid = postmaster(home);
    if (pid === undefined || !kill(pid, signal)) break;
    // Its lock file, not its process: an orphan may stay in the process table until it is reaped.
    for (let waited = 0; waited < 5_000 && postmaster(home) === pid; waited += 20) await sleep(20);
  }
  for (let waited = 0; waited < 10_000 && !removed(home); waited += 100) await sleep(100);
});

/**
 * Asked of the disk, since an initdb that outlived its parent still writes and deletes in there:
 * the removal then fails, or stops early because a file was gone, which `force` keeps to itself.
 */
function removed(folder: string): boolean {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {}
  return !existsSync(folder);
}

/** Read late, since a restarted server has another one. */
function postmaster(folder: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(join(folder, "data", "postmaster.pid"), "utf8"), 10);
  } catch {
    return undefined;
  }
}

function kill(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
