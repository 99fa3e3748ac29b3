import { newName } from "../fresh-values.ts";
import type { Variant } from "../measure/interleave.ts";

/** What another library, or leaving event sourcing out, makes of a user. */
export interface PeerUsers {
  readonly name: string;
  create(id: string, input: UserInput): Promise<void>;
  /** Appends to a user in hand, at the version it is known to have. */
  append(id: string, version: number, name: string): Promise<void>;
  /** Reads a user and folds it; returns its name. */
  read(id: string): Promise<string>;
  /** Handles a command: reads, decides, and appends. */
  rename(id: string, name: string): Promise<void>;
}

export interface UserInput {
  readonly email: string;
  readonly name: string;
}

/** A user of a peer's, and how many events it has. */
interface PeerUser {
  readonly id: string;
  version: number;
}

/** Creates users with a number of events each, one call after the other as most peers have it. */
export const seedPeer = async (
  peer: PeerUsers,
  newId: () => string,
  { users, events }: { readonly users: number; readonly events: number },
): Promise<readonly PeerUser[]> => {
  const seeded = Array.from({ length: users }, () => ({ id: newId(), version: events }));
  for (const { id } of seeded) {
    await peer.create(id, { email: `${id}@example.com`, name: "Name 1" });
    for (let version = 1; version < events; version += 1) {
      await peer.append(id, version, `Name ${version + 1}`);
    }
  }
  return seeded;
};

/** A command on another of the users each time. */
export const peerCommand = (peer: PeerUsers, users: readonly PeerUser[]): Variant => {
  const next = inTurn(users);
  return { name: peer.name, run: () => peer.rename(next().id, newName()) };
};

/** A read of another of the users each time. */
export const peerRead = (peer: PeerUsers, users: readonly PeerUser[]): Variant => {
  const next = inTurn(users);
  return {
    name: peer.name,
    run: async () => {
      if ((await peer.read(next().id)) === "") throw new Error(`${peer.name} read nobody`);
    },
  };
};

/** Appends to users that belong to one worker each, so that nothing ever conflicts. */
export const peerAppend = (
  peer: PeerUsers,
  users: readonly PeerUser[],
  workers: number,
): Variant => {
  const perWorker = Math.floor(users.length / workers);
  const turns = Array.from({ length: workers }, (_, worker) =>
    inTurn(users.slice(worker * perWorker, (worker + 1) * perWorker)),
  );
  return {
    name: peer.name,
    run: async (worker) => {
      const user = (turns[worker] as () => PeerUser)();
      await peer.append(user.id, user.version, newName());
      user.version += 1;
    },
  };
};

const inTurn = <Item>(items: readonly Item[]): (() => Item) => {
  let at = -1;
  return () => {
    at = (at + 1) % items.length;
    return items[at] as Item;
  };
};
