import { writeFile } from "node:fs/promises";
import { proveApart } from "./apart.ts";
import { parseCommand, USAGE } from "./options.ts";
import { type Proof, prove } from "./prove.ts";
import { reportText } from "./report.ts";

const run = async (args: readonly string[]): Promise<void> => {
  const { isHelp, drivers, jsonFile, ...options } = parseCommand(args);
  if (isHelp) {
    console.log(USAGE);
    return;
  }
  const proofs: Proof[] = [];
  for (const driver of drivers) {
    // Some change what all of a process has in common: parsers of `pg`, for example.
    proofs.push(
      drivers.length === 1
        ? await prove(driver, { ...options, onProgress: console.error })
        : await proveApart(driver, options),
    );
  }
  console.log(`\n${reportText(proofs)}`);
  if (jsonFile !== undefined) await writeFile(jsonFile, `${JSON.stringify(proofs, null, 2)}\n`);
  // Others may fail, and are here to be compared; Annals may not.
  const ours = proofs.filter(({ driver }) => driver.startsWith("annals"));
  if (ours.some(({ isProven }) => !isProven)) process.exitCode = 1;
};

try {
  await run(process.argv.slice(2));
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
