import { existsSync } from "node:fs";
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

/** What a package brings into `node_modules`, peers included since they must be there. */
export interface InstalledSize {
  readonly name: string;
  /** Other packages that come with it. */
  readonly dependencies: number;
  readonly ownBytes: number;
  readonly bytes: number;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly files?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

const benchmarks = join(import.meta.dirname, "../..");

export const installedSize = async (name: string): Promise<InstalledSize> => {
  const found = new Map<string, number>();
  const folder = await folderOf(name, benchmarks);
  if (folder === undefined) throw new Error(`The package ${name} is not installed`);
  const own = await collect(folder, found);
  const bytes = [...found.values()].reduce((total, size) => total + size, 0);
  return { name, dependencies: found.size - 1, ownBytes: found.get(own) ?? 0, bytes };
};

/** Adds a package and all it needs; returns its folder. */
const collect = async (folder: string, found: Map<string, number>): Promise<string> => {
  if (found.has(folder)) return folder;
  const manifest: Manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  found.set(folder, await publishedBytes(folder, manifest));
  const needed = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }).filter(
    (name) => manifest.peerDependenciesMeta?.[name]?.optional !== true,
  );
  for (const name of needed) {
    const next = await folderOf(name, folder);
    if (next !== undefined) await collect(next, found);
  }
  return folder;
};

/** Where Node would find it from there. */
const folderOf = async (name: string, from: string): Promise<string | undefined> => {
  for (let at = from; at !== dirname(at); at = dirname(at)) {
    const candidate = join(at, "node_modules", name);
    if (existsSync(candidate)) return realpath(candidate);
  }
  return undefined;
};

/** Of a package of this workspace, only what would be published. */
const publishedBytes = async (folder: string, { files }: Manifest): Promise<number> => {
  const isWorkspace = !folder.includes("node_modules");
  const parts = isWorkspace ? [...(files ?? []), "package.json"] : ["."];
  const sizes = await Promise.all(parts.map((part) => bytesOf(join(folder, part))));
  return sizes.reduce((total, size) => total + size, 0);
};

const UNPUBLISHED = /^node_modules$|\.test(-d)?\.ts$|\.tsbuildinfo$/;

const bytesOf = async (path: string): Promise<number> => {
  if (!existsSync(path)) return 0;
  const found = await stat(path);
  if (found.isFile()) return found.size;
  const names = (await readdir(path)).filter((name) => !UNPUBLISHED.test(name));
  const sizes = await Promise.all(names.map((name) => bytesOf(join(path, name))));
  return sizes.reduce((total, size) => total + size, 0);
};
