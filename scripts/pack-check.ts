import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

// What a user gets is the tarball, not the workspace: a file missing from it, a dependency that
// only the workspace provides or a declaration that does not resolve shows nowhere else.

interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const root = resolve(import.meta.dirname, "..");
const folders = ["packages/core", "packages/kysely-adapter", "packages/testing", "packages/cli"];
const project = mkdtempSync(join(tmpdir(), "annals-pack-"));

try {
  build();
  const tarballs = new Map<string, string>();
  for (const folder of folders) tarballs.set(manifest(folder).name, await pack(folder));
  install(tarballs);
  const entries = folders.flatMap(entryPoints);
  importEntries(entries);
  typeCheck(entries);
  process.stdout.write(`Packed, installed, imported and type-checked: ${entries.join(", ")}\n`);
} finally {
  rmSync(project, { recursive: true, force: true });
}

/** From nothing, since a file whose source is gone would still be packed. */
function build(): void {
  for (const folder of folders) {
    rmSync(join(root, folder, "dist"), { recursive: true, force: true });
  }
  node(root, tool("typescript", "tsc"), "-b", ...folders);
}

async function pack(folder: string): Promise<string> {
  const destination = join(project, "tarballs", folder);
  pnpm(join(root, folder), "pack", "--pack-destination", destination);
  const [file] = readdirSync(destination);
  if (file === undefined) throw new Error(`${folder} was not packed`);
  const tarball = join(destination, file);
  const { buffer } = new Uint8Array(readFileSync(tarball));
  const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true });
  if (pkg === undefined || messages.length > 0) {
    const problems = messages.map((message) => formatMessage(message, pkg ?? {}, { color: false }));
    throw new Error(`publint on ${folder}:\n${problems.join("\n")}`);
  }
  return tarball;
}

function install(tarballs: ReadonlyMap<string, string>): void {
  const files = Object.fromEntries([...tarballs].map(([name, path]) => [name, `file:${path}`]));
  const versions = Object.assign({}, ...[".", ...folders].map((f) => manifest(f).devDependencies));
  const peers = [
    "zod",
    "kysely",
    "pg",
    "@opentelemetry/api",
    "vitest",
    "fast-check",
    "typescript",
    "@types/node",
    "@types/pg",
  ];
  write("package.json", {
    name: "annals-pack-check",
    private: true,
    type: "module",
    dependencies: { ...files, ...Object.fromEntries(peers.map((name) => [name, versions[name]])) },
  });
  // One tarball's dependency on another is on a version that no registry has yet.
  write("pnpm-workspace.yaml", { overrides: files });
  pnpm(project, "install", "--ignore-scripts", "--prefer-offline", "--silent");
}

function entryPoints(folder: string): string[] {
  const { name, exports = {} } = manifest(folder);
  const entries = Object.keys(exports).filter((path) => path !== "./package.json");
  return entries.map((path) => name + path.slice(1));
}

function importEntries(entries: readonly string[]): void {
  const imports = entries.map((entry) => `await import(${JSON.stringify(entry)});`);
  writeFileSync(join(project, "import.mjs"), imports.join("\n"));
  node(project, "import.mjs");
}

function typeCheck(entries: readonly string[]): void {
  const exports = entries.map((entry, n) => `export * as entry${n} from ${JSON.stringify(entry)};`);
  writeFileSync(join(project, "consumer.ts"), exports.join("\n"));
  for (const [module, moduleResolution] of [
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ]) {
    write("tsconfig.json", {
      compilerOptions: {
        target: "es2023",
        lib: ["es2024"],
        module,
        moduleResolution,
        types: ["node"],
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        noEmit: true,
      },
      files: ["consumer.ts"],
    });
    node(project, tool("typescript", "tsc"), "-p", ".");
  }
}

function manifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest;
}

function write(file: string, content: object): void {
  writeFileSync(join(project, file), JSON.stringify(content, null, 2));
}

function tool(name: string, bin: string): string {
  return join(root, "node_modules", name, "bin", bin);
}

function node(cwd: string, ...args: string[]): void {
  execFileSync(process.execPath, args, { cwd, stdio: "inherit" });
}

/** The pnpm that runs this script is on its path, however it came to the machine. */
function pnpm(cwd: string, ...args: string[]): void {
  const shell = process.platform === "win32";
  execFileSync("pnpm", args, { cwd, stdio: ["ignore", "ignore", "inherit"], shell });
}
