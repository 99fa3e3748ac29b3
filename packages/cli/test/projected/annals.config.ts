import { defineConfig } from "@annals/cli";
import { Member } from "../project/member.ts";
import { memberPlans } from "./member-plans.ts";

export default defineConfig({ entities: [Member], projections: (db) => [memberPlans(db)] });
