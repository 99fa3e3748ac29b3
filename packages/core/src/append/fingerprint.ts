/** The SHA-256 of a text in UTF-8, in hexadecimal: it tells requests apart and says nothing about them. */
export const fingerprint = async (text: string): Promise<string> => {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
};
