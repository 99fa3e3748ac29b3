import type { CreateView } from "../define/command-view.ts";
import type { EntityModel } from "../define/entity-model.ts";
import type { Ambient } from "./ambient.ts";
import { type Attempt, asList, attemptOf, creationOf, type RefusedAsDeleted } from "./attempt.ts";
import { checkWhole } from "./entity-base.ts";
import { History } from "./history.ts";
import { TreeDecision } from "./tree-decision.ts";
import { View } from "./view.ts";

/**
 * Decides one command over a history, and records what it yields.
 *
 * @throws HistoryNotLoadedError
 */
export const decide = (
  history: History,
  ambient: Ambient,
  command: string,
  args: readonly unknown[],
): Attempt<object> | RefusedAsDeleted => {
  const { model } = history;
  const run = model.commands.get(command);
  if (run === undefined) throw new Error(`${model.plan.name} has no command ${command}`);
  if (model.children.length > 0) return new TreeDecision(ambient).decide(history, command, args);
  if (model.historyCommands.has(command)) checkWhole(history, command);
  const decided = run(new View(history, ambient, command), ...args);
  return attemptOf(decided, () => history.record(command, asList(model, command, decided)));
};

/**
 * Decides the first events of a new entity, and of the children that it is created with.
 *
 * @throws CommandRejectedError, EntityDeletedError, InvalidDecisionError, InvalidEventError,
 * InvalidStateError
 */
export const decideCreation = (
  model: EntityModel,
  id: string,
  ambient: Ambient,
  input: unknown,
): History => {
  if (model.children.length > 0) return new TreeDecision(ambient).create(model, id, input);
  const { newId, scope } = ambient;
  const view: CreateView = { id, now: ambient.now(), newId, scope };
  const decided = model.create(input, view);
  const events = creationOf(model, id, decided);
  const history = new History(model, id);
  history.record("create", events);
  return history;
};
