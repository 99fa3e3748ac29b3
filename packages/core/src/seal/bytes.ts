/** Bytes as text in base64url, without padding. */
export const toText = (bytes: Uint8Array): string => {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
};

/** Bytes from base64 or base64url; `undefined` for what is neither. */
export const fromText = (text: string): Uint8Array<ArrayBuffer> | undefined => {
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(binary, (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
};

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

export const utf8 = (text: string): Uint8Array<ArrayBuffer> => encoder.encode(text);

export const fromUtf8 = (bytes: ArrayBuffer): string => decoder.decode(bytes);
