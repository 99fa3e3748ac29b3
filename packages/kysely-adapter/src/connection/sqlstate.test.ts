import { describe, expect, it } from "vitest";
import {
  constraintOf,
  isReportedByServer,
  isTransient,
  sqlstateOf,
  wasNeverSent,
} from "./sqlstate.ts";

/** An error as drivers throw it: a code of some kind beside the message. */
const failure = (message: string, code?: string, more: object = {}): Error =>
  Object.assign(new Error(message), code === undefined ? {} : { code }, more);

const reported = (code: string): Error => failure("as the server says", code);

describe("what a server reported", () => {
  it.each(["23505", "40001", "AN001", "42P01", "55P03", "XX000"])("is certain: %s", (code) => {
    expect(isReportedByServer(reported(code))).toBe(true);
    expect(sqlstateOf(reported(code))).toBe(code);
  });

  it.each(["57P01", "57P02", "57P03", "08006", "08P01", "25P03", "25P04"])(
    "is the end of it: %s",
    (code) => {
      expect(isReportedByServer(reported(code))).toBe(false);
      expect(sqlstateOf(reported(code))).toBe(code);
      expect(isTransient(reported(code))).toBe(true);
    },
  );

  it("carries the constraint's name", () => {
    const error = failure("duplicate", "23505", { constraint: "users_email_key" });
    expect(constraintOf(error)).toBe("users_email_key");
    expect(constraintOf(failure("Connection terminated", undefined, { constraint: "x" }))).toBe(
      undefined,
    );
  });
});

describe("what no server reported", () => {
  it.each([
    failure("read ECONNRESET", "ECONNRESET"),
    failure("Connection terminated unexpectedly"),
    failure("ANNALS", "ANNALS_DATABASE"),
    failure("five letters, but small", "abcde"),
    new TypeError("a bug"),
    "23505",
    { code: "23505" },
    undefined,
    null,
  ])("has no SQLSTATE: %s", (error) => {
    expect(sqlstateOf(error)).toBeUndefined();
    expect(constraintOf(error)).toBeUndefined();
    expect(isReportedByServer(error)).toBe(false);
  });
});

describe("isTransient", () => {
  it.each([
    reported("40001"),
    reported("40P01"),
    reported("55P03"),
    reported("53300"),
    failure("read ECONNRESET", "ECONNRESET"),
    failure("write EPIPE", "EPIPE"),
    failure("connect ECONNREFUSED", "ECONNREFUSED"),
    failure("Connection terminated unexpectedly"),
    failure("Client has encountered a connection error and is not queryable"),
    failure("timeout exceeded when trying to connect"),
  ])("is so for %s", (error) => {
    expect(isTransient(error)).toBe(true);
  });

  it.each([
    reported("23505"),
    reported("42P01"),
    reported("AN002"),
    failure("Cannot use a pool after calling end on the pool"),
    new TypeError("a bug"),
    undefined,
  ])("is not so for %s", (error) => {
    expect(isTransient(error)).toBe(false);
  });
});

describe("wasNeverSent", () => {
  it.each([
    failure("connect ECONNREFUSED", "ECONNREFUSED", { syscall: "connect" }),
    failure("getaddrinfo ENOTFOUND", "ENOTFOUND", { syscall: "getaddrinfo" }),
    failure("timeout exceeded when trying to connect"),
    failure("Cannot use a pool after calling end on the pool"),
    failure("driver has already been destroyed"),
    failure("Client has encountered a connection error and is not queryable"),
    failure("Client was closed and is not queryable"),
  ])("is certain for %s", (error) => {
    expect(wasNeverSent(error)).toBe(true);
  });

  it.each([
    failure("read ECONNRESET", "ECONNRESET"),
    failure("read EHOSTUNREACH", "EHOSTUNREACH", { syscall: "read" }),
    failure("Connection terminated unexpectedly"),
    reported("57P01"),
    new TypeError("a bug"),
    undefined,
  ])("is not certain for %s", (error) => {
    expect(wasNeverSent(error)).toBe(false);
  });
});
