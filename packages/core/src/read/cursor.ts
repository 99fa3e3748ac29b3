import type { ListPosition } from "../port/rows.ts";

/** Raised with the first digit of every cursor when its content changes. */
const CURSOR_VERSION = 1;

/** What a cursor stands for: a place in one order. */
export interface Cursor {
  readonly orderBy: string;
  readonly direction: "asc" | "desc";
  readonly position: ListPosition;
}

/** Opaque text that is safe in a URL. */
export const encodeCursor = ({ orderBy, direction, position }: Cursor): string => {
  const content = JSON.stringify([CURSOR_VERSION, orderBy, direction, position.value, position.id]);
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
        }
      : undefined;
  } catch {
    return undefined;
  }
};

type Content = [version: number, orderBy: string, "asc" | "desc", string | null, id: string];

const isContent = (content: unknown): content is Content => {
  if (!Array.isArray(content) || content.length !== 5) return false;
  const [version, orderBy, direction, value, id] = content;
  return (
    version === CURSOR_VERSION &&
    typeof orderBy === "string" &&
    (direction === "asc" || direction === "desc") &&
    (value === null || typeof value === "string") &&
    typeof id === "string"
  );
};
