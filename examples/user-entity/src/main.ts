import { runDemo } from "./demo.ts";
import { describeFailure } from "./failure.ts";
import { parseOptions, USAGE, UsageError } from "./options.ts";
import { Report } from "./report.ts";
import { stopSignal } from "./stop-signal.ts";

const run = async (): Promise<number> => {
  const stop = stopSignal();
  try {
    const options = parseOptions(process.argv.slice(2), process.env);
    if (options.help) {
      process.stdout.write(USAGE);
      return 0;
    }
    const passed = await runDemo(options, new Report(process.stdout), stop.signal);
    return passed ? 0 : 1;
  } catch (error) {
    // What fails while everything is being stopped fails for that reason.
    if (stop.exitCode !== undefined) {
      process.stderr.write("\nStopped.\n");
      return stop.exitCode;
    }
    process.stderr.write(describeFailure(error));
    if (!(error instanceof UsageError)) return 1;
    process.stderr.write("See pnpm demo --help.\n");
    return 2;
  }
};

process.exitCode = await run();
