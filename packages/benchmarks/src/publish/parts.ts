/**
 * Replaces what stands between `<!-- name -->` and `<!-- /name -->`.
 *
 * @throws Error when the text has no such place.
 */
export const fillParts = (text: string, parts: Readonly<Record<string, string>>): string =>
  Object.entries(parts).reduce((filled, [name, content]) => {
    const place = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*?(<!-- /${name} -->)`);
    if (!place.test(filled)) throw new Error(`The page has no place for "${name}"`);
    return filled.replace(place, (_, begin, end) => `${begin}\n${content}\n\n${end}`);
  }, text);
