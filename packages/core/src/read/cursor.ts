import type { ListPosition } from "../port/rows.ts";

/** Raised with the first digit of every cursor when its content changes. */
const CURSOR_VERSION = 1;

/** What a cursor stands for: a place in one order. */
export interface Cursor {
  readonly orderBy: string;
  readonly direction: "asc" | "desc";
  readonly position: ListPosition;
  /** Which scope the list is of, where entities are divided into some. */
  readonly scope?: string | undefined;
}

/** Opaque text that is safe in a URL. */
export const encodeCursor = ({ orderBy, direction, position, scope }: Cursor): string => {
  const place = [CURSOR_VERSION, orderBy, direction, position.value, position.id];
  const content = JSON.stringify(scope === undefined ? place : [...place, scope]);
  const bytes = new TextEncoder().encode(content);
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
};

/** The content of a cursor, or `undefined` for text that `encodeCursor` did not make. */
export const decodeCursor = (text: string): Cursor | undefined => {
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
    const content: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return isContent(content)
      ? {
          orderBy: content[1],
          direction: content[2],
          position: { value: content[3], id: content[4] },
          scope: content[5],
        }
      : undefined;
  } catch {
    return undefined;
  }
};

type Content = [
  version: number,
  orderBy: string,
  "asc" | "desc",
  string | null,
  id: string,
  scope?: string,
];

const isContent = (content: unknown): content is Content => {
  if (!Array.isArray(content) || content.length < 5 || content.length > 6) return false;
  const [version, orderBy, direction, value, id, scope] = content;
  return (
    version === CURSOR_VERSION &&
    typeof orderBy === "string" &&
    (direction === "asc" || direction === "desc") &&
    (value === null || typeof value === "string") &&
    typeof id === "string" &&
    (content.length === 5 || typeof scope === "string")
  );
};
