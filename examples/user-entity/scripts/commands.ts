import { address, malformed, otherCase, otherName, person } from "./people.ts";
import type { Random } from "./random.ts";

/** Somebody in the made-up data, as far as the next lines need to know. */
interface Someone {
  email: string;
  name: string;
  suspended: boolean;
}

/** How often each scene is played, relative to the others. */
const WEIGHTS = {
  register: 30,
  registerTaken: 5,
  changeEmail: 14,
  changeCase: 2,
  handOver: 4,
  swap: 4,
  take: 4,
  rename: 12,
  suspend: 7,
  reinstate: 5,
  onSuspended: 4,
  repeat: 6,
  malformed: 4,
  unknownUser: 4,
  wrongShape: 4,
  broken: 2,
  blank: 1,
} as const;

const REASONS = [
  "spam",
  "chargeback",
  "abuse report",
  "asked for it",
  "duplicate account",
] as const;

/** Writes lines that look like what a service would receive in a day, mistakes included. */
export class CommandWriter {
  readonly lines: string[] = [];
  readonly #random: Random;
  readonly #people: Someone[] = [];
  #number = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Adds the lines of one scene. */
  play(): void {
    const scene = this.#people.length < 10 ? "register" : this.#random.weighted(WEIGHTS);
    this[scene]();
  }

  register(): void {
    const { slug, name } = person(this.#random);
    const someone = { email: this.#address(slug), name, suspended: false };
    this.#people.push(someone);
    this.#write({ command: "register", email: someone.email, name });
  }

  registerTaken(): void {
    const { email } = this.#anybody();
    const { name } = person(this.#random);
    this.#write({ command: "register", email: this.#asTyped(email), name });
  }

  changeEmail(): void {
    this.#move(this.#active(), this.#address(person(this.#random).slug));
  }

  changeCase(): void {
    const someone = this.#active();
    this.#move(someone, otherCase(this.#random, someone.email));
  }

  /** One lets an address go, and another takes it. */
  handOver(): void {
    const [from, to] = this.#two();
    const freed = from.email;
    this.#move(from, this.#address(person(this.#random).slug));
    this.#move(to, freed);
  }

  /** Two exchange their addresses by way of a third. */
  swap(): void {
    const [one, other] = this.#two();
    const [first, second] = [one.email, other.email];
    this.#move(one, this.#address("moving"));
    this.#move(other, first);
    this.#move(one, second);
  }

  /** One takes an address that another still has. */
  take(): void {
    const [one, other] = this.#two();
    this.#write({ command: "changeEmail", email: one.email, to: this.#asTyped(other.email) });
  }

  rename(): void {
    const someone = this.#active();
    someone.name = otherName(this.#random);
    this.#write({ command: "rename", email: this.#asTyped(someone.email), name: someone.name });
  }

  suspend(): void {
    const someone = this.#active();
    someone.suspended = true;
    const reason = this.#random.pick(REASONS);
    this.#write({ command: "suspend", email: this.#asTyped(someone.email), reason });
  }

  reinstate(): void {
    const someone = this.#suspended();
    someone.suspended = false;
    this.#write({ command: "reinstate", email: this.#asTyped(someone.email) });
  }

  onSuspended(): void {
    const { email } = this.#suspended();
    const to = this.#address("hidden");
    this.#write(
      this.#random.pick<object>([
        { command: "changeEmail", email, to },
        { command: "rename", email, name: otherName(this.#random) },
      ]),
    );
  }

  /** Somebody presses a button twice. */
  repeat(): void {
    const { email, name } = this.#active();
    this.#write(
      this.#random.pick<object>([
        { command: "changeEmail", email, to: email },
        { command: "rename", email, name },
        { command: "reinstate", email },
        { command: "suspend", email: this.#suspended().email, reason: "spam" },
      ]),
    );
  }

  malformed(): void {
    const { slug, name } = person(this.#random);
    const wrong = malformed(this.#random, slug);
    const { email } = this.#active();
    this.#write(
      this.#random.pick<object>([
        { command: "register", email: wrong, name },
        { command: "changeEmail", email, to: wrong },
        { command: "rename", email, name: "" },
      ]),
    );
  }

  unknownUser(): void {
    const email = this.#address(person(this.#random).slug);
    this.#write(
      this.#random.pick<object>([
        { command: "suspend", email, reason: this.#random.pick(REASONS) },
        { command: "rename", email, name: otherName(this.#random) },
        { command: "changeEmail", email, to: this.#address("new") },
      ]),
    );
  }

  wrongShape(): void {
    const { email, name } = this.#anybody();
    this.#write(
      this.#random.pick<object | null>([
        { command: "delete", email },
        { command: "Rename", email, name },
        { email, name },
        { command: "register", email: this.#address("nameless") },
        { command: "suspend", email },
        { command: "rename", email, name: 42 },
        { command: "reinstate", email, reason: "appeal" },
        { command: "rename", email, name, dryRun: true },
        ["rename", email, name],
        null,
      ]),
    );
  }

  broken(): void {
    const { email } = this.#anybody();
    const line = JSON.stringify({ command: "reinstate", email });
    this.lines.push(
      this.#random.pick([
        line.slice(0, this.#random.below(line.length - 1) + 1),
        line.replaceAll('"', "'"),
        `${line},`,
        "# reinstated by hand",
      ]),
    );
  }

  blank(): void {
    this.lines.push(this.#random.pick(["", "", "   "]));
  }

  #move(someone: Someone, to: string): void {
    this.#write({ command: "changeEmail", email: this.#asTyped(someone.email), to });
    someone.email = to;
  }

  #write(command: unknown): void {
    this.lines.push(JSON.stringify(command));
  }

  #address(slug: string): string {
    this.#number += 1;
    return address(this.#random, { slug, name: slug }, this.#number);
  }

  #asTyped(email: string): string {
    return this.#random.chance(0.1) ? otherCase(this.#random, email) : email;
  }

  #anybody(): Someone {
    return this.#random.pick(this.#people);
  }

  #active(): Someone {
    for (;;) {
      const someone = this.#anybody();
      if (!someone.suspended) return someone;
    }
  }

  #two(): [Someone, Someone] {
    const one = this.#active();
    for (;;) {
      const other = this.#active();
      if (other !== one) return [one, other];
    }
  }

  #suspended(): Someone {
    const suspended = this.#people.filter((someone) => someone.suspended);
    if (suspended.length > 0) return this.#random.pick(suspended);
    this.suspend();
    return this.#suspended();
  }
}
