import { expectTypeOf, test } from "vitest";
import type { EmbeddedServer } from "./embedded.ts";
import type { PostgresServer } from "./server.ts";
import { startPostgres } from "./start.ts";

test("a server says where it came from", () => {
  expectTypeOf(startPostgres).returns.resolves.toEqualTypeOf<PostgresServer>();
  expectTypeOf<PostgresServer["kind"]>().toEqualTypeOf<"url" | "docker" | "embedded">();
});

test("only an embedded server can be crashed", () => {
  expectTypeOf<EmbeddedServer>().toExtend<PostgresServer>();
  expectTypeOf<EmbeddedServer["restart"]>().parameters.toEqualTypeOf<["fast" | "immediate"]>();
  expectTypeOf<PostgresServer>().not.toHaveProperty("restart");
});
