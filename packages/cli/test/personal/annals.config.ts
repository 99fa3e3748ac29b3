import { defineConfig } from "@annals/cli";
import { Guest, keys } from "./guest.ts";

export default defineConfig({ entities: [Guest], keys });
