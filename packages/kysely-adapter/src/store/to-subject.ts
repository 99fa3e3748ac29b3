import type { StoredSubject } from "@annals/core/adapter";
import type { SubjectRow } from "../statements/subjects.ts";

/** A subject as the port has it. */
export const toSubject = ({
  subject,
  key_id,
  wrapped,
  is_forgotten,
}: SubjectRow): StoredSubject => ({
  subject,
  key:
    key_id === null || wrapped === null
      ? undefined
      : { keyId: key_id, wrapped: new Uint8Array(Buffer.from(wrapped, "base64")) },
  isForgotten: is_forgotten,
});
