import { expectTypeOf, it } from "vitest";
import type { SnakeCase } from "./names.ts";

it("names columns at the type level as snakeCase does at run time", () => {
  expectTypeOf<SnakeCase<"email">>().toEqualTypeOf<"email">();
  expectTypeOf<SnakeCase<"tenantId">>().toEqualTypeOf<"tenant_id">();
  expectTypeOf<SnakeCase<"htmlBody2">>().toEqualTypeOf<"html_body2">();
  expectTypeOf<SnakeCase<"userID">>().toEqualTypeOf<"user_id">();
  expectTypeOf<SnakeCase<"HTTPServer">>().toEqualTypeOf<"http_server">();
  expectTypeOf<SnakeCase<"line2Total">>().toEqualTypeOf<"line2_total">();
  expectTypeOf<SnakeCase<"already_snake">>().toEqualTypeOf<"already_snake">();
});
