import { PERSONAL } from "../define/personal-marks.ts";
import type { StoredHeaders } from "../port/rows.ts";
import type { SealPlace } from "./vault.ts";

/** Where the headers of an event stand that was published under this key. Storage format. */
export const headersPlace = (topic: string, key: string): SealPlace => ({
  ...{ topic, id: key, sequence: 0 },
  type: "$headers",
});

/** Headers with marks around those that a topic declares as personal. */
export const markedHeaders = (headers: StoredHeaders, personal: readonly string[]): StoredHeaders =>
  Object.fromEntries(
    Object.entries(headers).map(([name, text]) => [
      name,
      personal.includes(name) ? { [PERSONAL]: text } : text,
    ]),
  );
