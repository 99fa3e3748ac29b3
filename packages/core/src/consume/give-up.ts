/** Waits for the handlers, or until they have to be given up. */
export const unlessGivenUp = (handled: Promise<void>, giveUp: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const abandon = (): void =>
      reject(new Error("The handler took longer than the consumer waits"));
    if (giveUp.aborted) return abandon();
    giveUp.addEventListener("abort", abandon, { once: true });
    handled.then(resolve, reject).finally(() => giveUp.removeEventListener("abort", abandon));
  });

export const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
