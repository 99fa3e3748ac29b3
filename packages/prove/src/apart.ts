import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Driver } from "./driver.ts";
import type { Proof, ProveOptions } from "./prove.ts";

const PROGRAM = fileURLToPath(new URL(`./main${extname(import.meta.url)}`, import.meta.url));

/** Proves one store in a process of its own. */
export const proveApart = async (
  { name }: Driver,
  {
    events,
    writers,
    seed,
    phases,
  }: Required<Pick<ProveOptions, "events" | "writers" | "seed" | "phases">>,
): Promise<Proof> => {
  const home = await mkdtemp(join(tmpdir(), "annals-proof-"));
  const file = join(home, "proof.json");
  const args = [
    ...["--driver", name, "--json", file],
    ...["--events", String(events), "--writers", String(writers), "--seed", String(seed)],
  ];
  for (const phase of phases) args.push("--phase", phase.name);
  try {
    const child = spawn(process.execPath, ["--conditions=@annals/source", PROGRAM, ...args], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    await once(child, "exit");
    const [proof] = JSON.parse(await readFile(file, "utf8")) as readonly Proof[];
    if (proof === undefined) throw new Error(`Nothing came of ${name}`);
    return proof;
  } finally {
    await rm(home, { recursive: true, force: true });
  }
};
