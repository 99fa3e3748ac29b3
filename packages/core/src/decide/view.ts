import type { CommandView } from "../define/command-view.ts";
import type { Ambient } from "./ambient.ts";
import type { History } from "./history.ts";

/** Reads through to the history, so that a command pays only for what it looks at. */
export class View implements CommandView<object | undefined, object> {
  readonly id: string;
  readonly now: Date;
  readonly newId: () => string;
  readonly #history: History;

  constructor(history: History, ambient: Ambient) {
    this.id = history.id;
    this.now = ambient.now();
    this.newId = ambient.newId;
    this.#history = history;
  }

  get state(): object | undefined {
    return this.#history.state;
  }

  get version(): number {
    return this.#history.version;
  }

  get isDeleted(): boolean {
    return this.#history.isDeleted;
  }

  get history(): readonly object[] {
    return this.#history.events;
  }
}
