import type { CommandView } from "../define/command-view.ts";
import { HistoryNotLoadedError } from "../errors/decide-errors.ts";
import type { Ambient } from "./ambient.ts";
import type { History } from "./history.ts";

/** Reads through to the history, so that a command pays only for what it looks at. */
export class View implements CommandView<object | undefined, object> {
  readonly id: string;
  readonly newId: () => string;
  readonly #history: History;
  readonly #ambient: Ambient;
  readonly #command: string;
  #now: Date | undefined;

  constructor(history: History, ambient: Ambient, command: string) {
    this.id = history.id;
    this.#command = command;
    this.#ambient = ambient;
    this.newId = ambient.newId;
    this.#history = history;
  }

  get now(): Date {
    this.#now ??= this.#ambient.now();
    return this.#now;
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

  /** @throws HistoryNotLoadedError also where the history is there, so that no test sees more than others do. */
  get history(): readonly object[] {
    const { model, id, events } = this.#history;
    const { plan, historyCommands } = model;
    if (plan.snapshot === undefined || historyCommands.has(this.#command)) return events;
    const at = { entity: plan.name, id, command: this.#command };
    throw new HistoryNotLoadedError({ ...at, isDeclared: false });
  }
}
