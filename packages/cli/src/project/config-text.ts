import type { EntityNames } from "./entity-files.ts";

/**
 * A configuration with one more entity; `undefined` when its list of entities is not written out, so that
 * somebody has to do it by hand.
 */
export const withEntity = (
  text: string,
  { constant }: EntityNames,
  path: string,
): string | undefined => {
  const list = /entities:\s*\[([^\]]*)\]/.exec(text);
  if (list === null) return undefined;
  const [whole, inside = ""] = list;
  const names = inside.split(",").map((name) => name.trim());
  const given = names.filter((name) => name !== "");
  if (given.includes(constant)) return undefined;
  const isBroken = inside.includes("\n");
  const indent = /\n(\s*)\S/.exec(inside)?.[1] ?? "    ";
  const all = [...given, constant];
  const entities = isBroken
    ? `entities: [\n${all.map((name) => `${indent}${name},\n`).join("")}${indent.slice(2)}]`
    : `entities: [${all.join(", ")}]`;
  const line = `import { ${constant} } from "${path}";\n`;
  const imports = [...text.matchAll(/^import [^;]*;\n/gm)];
  const last = imports.at(-1);
  const at = last === undefined ? 0 : last.index + last[0].length;
  return `${text.slice(0, at)}${line}${text.slice(at)}`.replace(whole, () => entities);
};
