import {
  buildDecisionModel,
  type EventHandlerWithState,
  Query,
  SequencePosition,
  Tags,
} from "@dcb-es/event-store";
import { PostgresEventStore } from "@dcb-es/event-store-postgres";
import { oncePerDatabase } from "./once-per-database.ts";
import type { PeerUsers, UserInput } from "./peer-users.ts";

interface User {
  readonly email: string;
  readonly name: string;
}

const TYPES = ["UserRegistered", "UserRenamed"];

/** Opens the event store once for each database. A user is what carries its tag. */
export const dcbUsers = oncePerDatabase(async ({ pool }): Promise<PeerUsers> => {
  const store = new PostgresEventStore({ pool });
  await store.ensureInstalled();
  // What a user in hand was read up to; appends are conditional on it.
  const readUpTo = new Map<string, SequencePosition>();

  const append = async (id: string, type: string, data: unknown): Promise<void> => {
    const tags = Tags.fromObj({ user: id });
    const failIfEventsMatch = Query.fromItems([{ types: TYPES, tags }]);
    const after = readUpTo.get(id) ?? SequencePosition.initial();
    const events = { type, tags, data, metadata: {} };
    const position = await store.append({ events, condition: { failIfEventsMatch, after } });
    readUpTo.set(id, position);
  };

  const decisionModel = (id: string) => buildDecisionModel(store, { user: userModel(id) });

  return {
    name: "dcb-es",
    create: (id, input: UserInput) => append(id, "UserRegistered", input),
    append: (id, _version, name) => append(id, "UserRenamed", { name }),
    read: async (id) => (await decisionModel(id)).state.user.name,
    rename: async (id, name) => {
      const { state, appendCondition } = await decisionModel(id);
      if (state.user.name === name) return;
      const tags = Tags.fromObj({ user: id });
      const events = { type: "UserRenamed", tags, data: { name }, metadata: {} };
      await store.append({ events, condition: appendCondition });
    },
  };
});

const userModel = (id: string) =>
  ({
    tagFilter: Tags.fromObj({ user: id }),
    init: { email: "", name: "" },
    when: {
      UserRegistered: ({ event }: Stored, state: User) => ({ ...state, ...event.data }),
      UserRenamed: ({ event }: Stored, state: User) => ({ ...state, ...event.data }),
    },
    // biome-ignore lint/suspicious/noExplicitAny: the library's own parameter
  }) as unknown as EventHandlerWithState<any, User>;

interface Stored {
  readonly event: { readonly data: Partial<User> };
}
