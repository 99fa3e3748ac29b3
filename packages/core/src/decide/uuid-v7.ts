/**
 * Returns a source of UUIDv7 (RFC 9562, section 5.7, with the counter of section 6.2, method 1):
 * 48 bits of milliseconds, then a 12-bit counter, then random bits. Ids of one source rise strictly,
 * also within a millisecond and when the clock is set back.
 */
export const uuidV7Source = (now: () => number = Date.now): (() => string) => {
  let lastMs = 0;
  let counter = 0;

  const advance = (): void => {
    const ms = now();
    if (ms > lastMs) {
      lastMs = ms;
      // Starting below the middle leaves room to count upwards.
      counter = randomBits(11);
    } else if (++counter > 0xfff) {
      lastMs += 1;
      counter = 0;
    }
  };

  return () => {
    advance();
    const time = lastMs.toString(16).padStart(12, "0");
    const count = counter.toString(16).padStart(3, "0");
    // A random UUID ends as this one has to: variant, then 62 random bits. Drawing them so is five times
    // as fast, since engines fetch randomness for many UUIDs at once.
    return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${crypto.randomUUID().slice(19)}`;
  };
};

const randomBits = (bits: number): number =>
  (crypto.getRandomValues(new Uint16Array(1))[0] as number) >>> (16 - bits);
