import { constants } from "node:os";

/** How the demo is asked to stop before its end. */
export interface Stop {
  readonly signal: AbortSignal;
  /** What to exit with once it has stopped; `undefined` while nobody has asked. */
  readonly exitCode: number | undefined;
}

/**
 * Listens for Ctrl-C and its kind. The first asks for an orderly stop; a second of them ends the process
 * at once, as if nobody listened.
 */
export const stopSignal = (): Stop => {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const ask = (code: number): void => {
    exitCode ??= code;
    controller.abort();
  };
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(name, () => ask(128 + constants.signals[name]));
  }
  // The reader of a pipe has left (`pnpm demo | head`): nobody is there to work for.
  process.stdout.on("error", () => ask(128 + constants.signals.SIGPIPE));
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
  };
};
