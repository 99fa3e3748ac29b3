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
      counter = ((randomByte() & 0x7) << 8) | randomByte();
    } else if (++counter > 0xfff) {
      lastMs += 1;
      counter = 0;
    }
  };

  return () => {
    advance();
    const time = lastMs.toString(16).padStart(12, "0");
    const count = counter.toString(16).padStart(3, "0");
    const variant = HEX[0x80 | (randomByte() & 0x3f)];
    return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${variant}${randomHex(1)}-${randomHex(6)}`;
  };
};

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

const randomHex = (bytes: number): string => {
  let text = "";
  for (let left = bytes; left > 0; left -= 1) text += HEX[randomByte()];
  return text;
};

/** Drawn many at a time, since it is the call that a draw costs: 2 µs, a quarter of a create. */
const drawn = new Uint8Array(1_024);
let used = drawn.length;

const randomByte = (): number => {
  if (used === drawn.length) {
    crypto.getRandomValues(drawn);
    used = 0;
  }
  used += 1;
  return drawn[used - 1] as number;
};
