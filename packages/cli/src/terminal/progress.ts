import { progress as bar } from "@clack/prompts";
import type { Terminal } from "./terminal.ts";

export interface Progress {
  report(progress: { readonly done: number; readonly total: number }): void;
  end(message: string): void;
}

const PERCENT = 100;

/** A progress bar on stderr for somebody who watches; nothing otherwise. */
export const startProgress = (terminal: Terminal, title: string): Progress => {
  if (!terminal.isWatched) return { report: () => {}, end: () => {} };
  const shown = bar({ max: PERCENT, output: terminal.streams.stderr });
  shown.start(title);
  let percent = 0;
  return {
    report: ({ done, total }) => {
      const now = total === 0 ? PERCENT : Math.floor((done / total) * PERCENT);
      shown.advance(now - percent, `${title}: ${done.toLocaleString("en")}`);
      percent = now;
    },
    end: (message) => shown.stop(message),
  };
};
