import { ConsumerChangedError, ConsumerStartError } from "@annals/core";
import {
  type ConsumerPlan,
  type ConsumerStore,
  isEntityPlan,
  type SettledPlace,
  type StartPlace,
} from "@annals/core/adapter";
import type { Statement } from "../connection/statement.ts";
import {
  changeTopics,
  noteTables,
  type RegistrationRow,
  readRegistration,
  registerBeside,
  registerConsumer,
  wantSlots,
} from "../statements/consumer-registration.ts";
import { tableSeenInPart } from "../statements/row-security.ts";
import {
  type ConsumerPlaceRow,
  consumerPlace,
  isSameLife,
  type StartPositionRow,
  startPosition,
} from "../statements/start-position.ts";
import { NotSettledError } from "./not-settled-error.ts";
import { goneError } from "./slot-leases.ts";

type RunStatement = <Row>(
  text: Statement,
  parameters: readonly unknown[],
  call: string,
) => Promise<readonly Row[]>;

/** What a consumer is registered with. */
interface Declared {
  /** As `annals.consumers` has the topics. */
  readonly topics: readonly string[];
  /** Qualified and quoted. */
  readonly tables: readonly string[];
}

/** How long one call waits for writers; meanwhile it can be stopped only at its end. */
const WAIT_MS = 500;

/** How consumers come to be, and where they start. */
export const registration = (
  plan: ConsumerPlan,
  { topics, tables }: Declared,
  run: RunStatement,
): Pick<ConsumerStore<never>, "open" | "place" | "lives"> => {
  const { name } = plan;

  /** Settled now; with a time, right before the first event recorded at or after it. */
  const settled = async (since: Date | null): Promise<SettledPlace> => {
    const parameters = [tables, since?.toISOString() ?? null, WAIT_MS];
    const [row] = await run<StartPositionRow>(startPosition, parameters, "place");
    if (row?.start_position == null) throw new NotSettledError();
    return { position: Number(row.start_position), life: row.server_life };
  };

  const place = async (at: StartPlace): Promise<SettledPlace> => {
    if (typeof at === "object" && "time" in at) return settled(at.time);
    const now = await settled(null);
    if (at === "now") return now;
    if (at === "beginning") return { ...now, position: 0 };
    const position = "position" in at ? at.position : await placeOf(at.consumer);
    if (position <= now.position) return { ...now, position };
    throw new ConsumerStartError({
      consumer: name,
      problem: `position ${position} was not given out yet: the last one is ${now.position}`,
      hint: "Beyond the last one, events to come would be passed over.",
    });
  };

  const placeOf = async (consumer: string): Promise<number> => {
    const [row] = await run<ConsumerPlaceRow>(consumerPlace, [consumer], "place");
    if (row?.position == null) throw noOther(name, consumer);
    return Number(row.position);
  };

  const register = async (): Promise<void> => {
    const { start, slots } = plan;
    if (typeof start === "object" && "consumer" in start) return registerWhere(start.consumer);
    const at = start === "beginning" ? { position: 0, life: null } : await place(start);
    const parameters = [name, topics, slots, tables, at.position, at.life];
    await run(registerConsumer, parameters, "open");
  };

  const registerWhere = async (other: string): Promise<void> => {
    const [there] = await run<RegistrationRow>(readRegistration, [other], "open");
    if (there === undefined) throw noOther(name, other);
    const missing = topics.find((topic) => !there.topics.includes(topic));
    if (missing !== undefined) {
      throw new ConsumerStartError({
        consumer: name,
        problem: `"${other}" does not follow ${missing}, so its checkpoint says nothing of it`,
        hint: "Start from a position or a time.",
      });
    }
    await run(registerBeside, [name, other, topics, tables], "open");
  };

  const registered = async (): Promise<RegistrationRow | undefined> =>
    (await run<RegistrationRow>(readRegistration, [name], "open"))[0];

  /** Registers it, unless it is there. */
  const found = async (): Promise<RegistrationRow> => {
    const before = await registered();
    if (before !== undefined) return before;
    await register();
    const after = await registered();
    if (after !== undefined) return after;
    const gone = await goneError(run, name);
    // It was not registered because the server was restarted in between.
    throw gone.name === "ConsumerRemovedError" ? new NotSettledError() : gone;
  };

  /** What a role does not see would count as handled. Asked only where a topic has policies. */
  const checkSight = async (call: string): Promise<void> => {
    const isSecured = plan.topics.some(
      ({ plan: followed }) => isEntityPlan(followed) && followed.rowLevelSecurity,
    );
    if (!isSecured) return;
    const [hidden] = await run<{ readonly name: string }>(tableSeenInPart, [tables], call);
    if (hidden === undefined) return;
    throw new ConsumerStartError({
      consumer: name,
      problem: `its role is bound by row-level security, and sees but a part of ${hidden.name}`,
      hint: "Connect it as the owner of the table, or as a role with BYPASSRLS.",
    });
  };

  return {
    open: async () => {
      await checkSight("open");
      const row = await found();
      if (row.topics.join() !== topics.join()) {
        if (!plan.changesTopics) {
          throw new ConsumerChangedError({
            consumer: name,
            registered: row.topics,
            declared: topics,
          });
        }
        const names = plan.topics.map((topic) => topic.plan.name);
        const parameters = [name, topics, names, tables, WAIT_MS];
        const [change] = await run<{ done: boolean }>(changeTopics, parameters, "open");
        if (change?.done !== true) throw new NotSettledError();
      } else if (row.tables.join() !== tables.join()) {
        await run(noteTables, [name, tables], "open");
      }
      if (row.slots < plan.slots) await run(wantSlots, [name, plan.slots], "open");
    },

    place: async (at) => {
      await checkSight("place");
      return place(at);
    },

    lives: async (life) => {
      const [row] = await run<{ lives: boolean }>(isSameLife, [life], "place");
      return row?.lives === true;
    },
  };
};

const noOther = (consumer: string, other: string): ConsumerStartError =>
  new ConsumerStartError({
    consumer,
    problem: `there is no consumer "${other}" to start beside`,
    hint: "Correct its name.",
  });
