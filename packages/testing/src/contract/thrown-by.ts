import { AnnalsError } from "@annals/core";
import { expect } from "vitest";

/** The error that a call throws, which must be of this class. */
export const thrownBy = async <Thrown extends Error>(
  call: Promise<unknown>,
  // biome-ignore lint/complexity/noBannedTypes: any class, whatever its constructor takes.
  errorClass: Function & { readonly prototype: Thrown },
): Promise<Thrown> => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(errorClass);
  if (error instanceof AnnalsError) {
    expect(error.code).toMatch(/^ANNALS_[A-Z_]+$/);
    expect(error.hint).toMatch(/\.$/);
  }
  return error as Thrown;
};
