import { createProjection } from "@annals/kysely-adapter";
import { type Kysely, sql } from "kysely";
import { Member } from "../project/member.ts";

/** How many members have ever chosen a plan. */
export const memberPlans = <DB>(db: Kysely<DB>) =>
  createProjection(db as unknown as Kysely<{ member_plans: { plan: string; count: number } }>, {
    name: "member-plans",
    topics: [Member],
    tables: ["member_plans"],
    on: {
      PlanChosen: async ({ plan }, { tx }) => {
        await sql`insert into member_plans as p (plan, count) values (${plan}, 1)
          on conflict (plan) do update set count = p.count + 1`.execute(tx);
      },
    },
  });
