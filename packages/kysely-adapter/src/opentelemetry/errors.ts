import { AnnalsError } from "@annals/core";
import { type Attributes, type Span, SpanStatusCode } from "@opentelemetry/api";
import { sqlstateOf } from "../connection/sqlstate.ts";

/** What telemetry says of an error: its class, and the database's code. Never a message of unknown make. */
export const errorAttributes = (error: unknown): Attributes => {
  const sqlstate = sqlstateWithin(error);
  return {
    "error.type": errorType(error),
    ...(sqlstate !== undefined && { "db.response.status_code": sqlstate }),
  };
};

/** Marks a span as failed. Our own messages hold no values that users entered; others may. */
export const failSpan = (span: Span, error: unknown): void => {
  span.setAttributes(errorAttributes(error));
  const message = error instanceof AnnalsError ? { message: error.message } : {};
  span.setStatus({ code: SpanStatusCode.ERROR, ...message });
};

const errorType = (error: unknown): string => {
  if (error instanceof AnnalsError) return error.code;
  return error instanceof Error ? error.name : "_OTHER";
};

const sqlstateWithin = (error: unknown): string | undefined =>
  error instanceof Error ? (sqlstateOf(error) ?? sqlstateWithin(error.cause)) : undefined;
