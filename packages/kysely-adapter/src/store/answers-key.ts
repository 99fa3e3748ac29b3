/** One number for the answers to so many questions: a key that costs less to make than a text. */
export const answersKey = (...answers: readonly boolean[]): number => {
  let key = 1;
  for (const isYes of answers) key = key * 2 + (isYes ? 1 : 0);
  return key;
};
