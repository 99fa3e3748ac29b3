import type { Random } from "./random.ts";

/** A made-up person: the name as it is written, and as it goes into an address. */
export interface Person {
  readonly name: string;
  readonly slug: string;
}

const GIVEN = [
  ["Amara", "amara"],
  ["Ben", "ben"],
  ["Chloé", "chloe"],
  ["Dmitri", "dmitri"],
  ["Eszter", "eszter"],
  ["Fatima", "fatima"],
  ["Göran", "goran"],
  ["Hana", "hana"],
  ["Ivy", "ivy"],
  ["José", "jose"],
  ["Kwame", "kwame"],
  ["Łukasz", "lukasz"],
  ["Mei", "mei"],
  ["Noor", "noor"],
  ["Olena", "olena"],
  ["Priya", "priya"],
  ["Quentin", "quentin"],
  ["Rosa", "rosa"],
  ["Siobhán", "siobhan"],
  ["Tomáš", "tomas"],
  ["Uma", "uma"],
  ["Víctor", "victor"],
  ["Wei", "wei"],
  ["Zoë", "zoe"],
] as const;

const FAMILY = [
  ["Adeyemi", "adeyemi"],
  ["Bauer", "bauer"],
  ["Çelik", "celik"],
  ["Díaz", "diaz"],
  ["Eriksson", "eriksson"],
  ["Fujita", "fujita"],
  ["García", "garcia"],
  ["Hughes", "hughes"],
  ["Ibrahim", "ibrahim"],
  ["Jansen", "jansen"],
  ["Kovács", "kovacs"],
  ["Lindqvist", "lindqvist"],
  ["Müller", "muller"],
  ["Nguyễn", "nguyen"],
  ["O’Brien", "obrien"],
  ["Petrov", "petrov"],
  ["Rossi", "rossi"],
  ["Sørensen", "sorensen"],
  ["Tanaka", "tanaka"],
  ["Usman", "usman"],
  ["Wójcik", "wojcik"],
  ["Zhang", "zhang"],
] as const;

/** Names that some people use beside the one they registered with. */
const OTHER_SCRIPTS = [
  "田中 葉",
  "Олена Петрова",
  "أمارا",
  "Δημήτρης",
  "अमारा",
  "Rosa 🌹",
] as const;

const HOSTS = ["example.com", "example.org", "mail.example", "post.example", "acme.test"] as const;

export const person = (random: Random): Person => {
  const [given, givenSlug] = random.pick(GIVEN);
  const [family, familySlug] = random.pick(FAMILY);
  return { name: `${given} ${family}`, slug: `${givenSlug}.${familySlug}` };
};

export const otherName = (random: Random): string =>
  random.chance(0.2) ? random.pick(OTHER_SCRIPTS) : person(random).name;

/** An address that nobody has had yet: the number makes it so. */
export const address = (random: Random, { slug }: Person, number: number): string =>
  `${slug}${number}@${random.pick(HOSTS)}`;

/** The same address as somebody else would type it. */
export const otherCase = (random: Random, email: string): string =>
  random.chance(0.5)
    ? email.toUpperCase()
    : email.replace(/(^|\.)[a-z]/g, (letters) => letters.toUpperCase());

export const malformed = (random: Random, slug: string): string =>
  random.pick([
    slug,
    `${slug}@`,
    `@${random.pick(HOSTS)}`,
    `${slug}@@${random.pick(HOSTS)}`,
    `${slug} @${random.pick(HOSTS)}`,
    `${slug}@localhost`,
    "",
  ]);
