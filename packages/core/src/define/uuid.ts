const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a value is the text of a UUID, of any version and in letters of any case. */
export const isUuid = (value: unknown): value is string =>
  typeof value === "string" && UUID.test(value);
