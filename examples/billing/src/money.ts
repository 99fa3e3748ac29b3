import * as z from "zod";

export const price = z.object({ cents: z.int().min(0), currency: z.enum(["EUR", "USD"]) });

export type Price = z.output<typeof price>;

export const formatPrice = ({ cents, currency }: Price): string =>
  `${(cents / 100).toFixed(2)} ${currency}`;
