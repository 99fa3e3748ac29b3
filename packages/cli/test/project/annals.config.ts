import { defineConfig } from "@annals/cli";
import { Member } from "./member.ts";

export default defineConfig({ entities: [Member] });
