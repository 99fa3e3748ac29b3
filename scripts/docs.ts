/**
 * Fills the code blocks of the README and of docs/ from files that are compiled and run. A block that
 * follows `<!-- snippet: path -->` or `<!-- snippet: path#region -->` is that file, or the part of it
 * between `// #region region` and `// #endregion`.
 */
import { glob, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

const MARKER = /<!-- snippet: (\S+) -->\n(?!```)/g;

const BLOCK = /(?:<!-- snippet: ([^\s#]+)(?:#(\S+))? -->\n)?```(\w*)\n([\s\S]*?)```/g;

/** Languages whose blocks must come from a file. */
const CODE = new Set(["ts", "sql", "json"]);

/** The pages that are published. */
export const pages = async (): Promise<string[]> => {
  const docs: string[] = [];
  for await (const page of glob("docs/**/*.md", { cwd: root })) docs.push(page);
  return ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", ...docs.sort()];
};

/** The page with its blocks as they should be, and what is wrong that cannot be filled in. */
export const refresh = async (page: string): Promise<{ text: string; problems: string[] }> => {
  const text = await readFile(join(root, page), "utf8");
  const problems = [...text.matchAll(MARKER)].map(
    ([, source]) => `${page}: no block follows the marker of ${source}`,
  );
  const parts: string[] = [];
  let end = 0;
  for (const match of text.matchAll(BLOCK)) {
    const [whole, path, region, language = ""] = match;
    parts.push(text.slice(end, match.index));
    end = match.index + whole.length;
    if (path === undefined) {
      if (CODE.has(language)) problems.push(`${page}: a ${language} block comes from no file`);
      parts.push(whole);
      continue;
    }
    const marker = whole.slice(0, whole.indexOf("\n") + 1);
    parts.push(`${marker}\`\`\`${language}\n${await snippet(path, region)}\`\`\``);
  }
  parts.push(text.slice(end));
  return { text: parts.join(""), problems };
};

const snippet = async (path: string, region: string | undefined): Promise<string> => {
  const text = await readFile(join(root, path), "utf8");
  if (region === undefined) return text;
  const start = text.indexOf(`// #region ${region}\n`);
  if (start === -1) throw new Error(`${path} has no region "${region}"`);
  const from = text.indexOf("\n", start) + 1;
  const part = text.slice(from, text.indexOf("// #endregion", from));
  const lines = part.replace(/\s+$/, "").split("\n");
  const indents = lines
    .filter((line) => line !== "")
    .map((line) => /^ */.exec(line)?.[0].length ?? 0);
  const indent = Math.min(...indents);
  return `${lines.map((line) => line.slice(indent)).join("\n")}\n`;
};

if (import.meta.main) {
  for (const page of await pages()) {
    const { text, problems } = await refresh(page);
    for (const problem of problems) process.stderr.write(`${problem}\n`);
    if (problems.length > 0) process.exitCode = 1;
    await writeFile(join(root, page), text);
  }
}
