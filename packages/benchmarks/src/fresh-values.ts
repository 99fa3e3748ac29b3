import { uuidV7Source } from "@annals/core";

/** Ids as ours are, so that the indexes grow alike whoever writes. */
export const newId = uuidV7Source();

let names = 0;

/** A name that nobody had before. */
export const newName = (): string => {
  names += 1;
  return `New name ${names}`;
};
