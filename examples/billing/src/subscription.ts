import { alreadyApplied, type CreateView, defineEntity, reject, upcast } from "@annals/core";
import * as z from "zod";
import { type Price, price } from "./money.ts";

const plan = z.enum(["basic", "team"]);
const interval = z.enum(["month", "year"]);
const whose = { tenantId: z.string(), customerId: z.uuid(), plan };

/** What a customer pays for. Its first event has been stored in three versions. */
export const Subscription = defineEntity({
  name: "subscription",
  scope: ["tenantId"],
  schema: z.object({ ...whose, price, interval, status: z.enum(["active", "cancelled"]) }),
  events: {
    SubscriptionStarted: z.object({ ...whose, price, interval }),
    PlanChanged: z.object({ plan, price }),
    SubscriptionCancelled: z.object({ reason: z.string() }),
  },
  versions: {
    SubscriptionStarted: [
      // There was one currency, and one interval.
      upcast(z.object({ ...whose, cents: z.int() }), ({ cents, ...rest }) => ({
        ...rest,
        price: { cents, currency: "EUR" as const },
      })),
      upcast(z.object({ ...whose, price }), (started) => ({
        ...started,
        interval: "month" as const,
      })),
    ],
  },
  create: (
    input: {
      customerId: string;
      plan: z.output<typeof plan>;
      price: Price;
      interval: z.output<typeof interval>;
    },
    { scope }: CreateView<{ tenantId: string }>,
  ) => ({ type: "SubscriptionStarted", tenantId: scope.tenantId, ...input }),
  evolve: {
    SubscriptionStarted: (_, { type: _type, ...started }) => ({ ...started, status: "active" }),
    PlanChanged: (state, { plan, price }) => ({ ...state, plan, price }),
    SubscriptionCancelled: (state) => ({ ...state, status: "cancelled" }),
  },
  commands: {
    changePlan: ({ state }, plan: "basic" | "team", price: Price) => {
      if (state.status === "cancelled") return reject("cancelled");
      return state.plan === plan ? alreadyApplied : { type: "PlanChanged", plan, price };
    },
    cancel: ({ state }, reason: string) =>
      state.status === "cancelled" ? alreadyApplied : { type: "SubscriptionCancelled", reason },
  },
  index: { customerId: { references: "customers", immutable: true }, status: {} },
});
