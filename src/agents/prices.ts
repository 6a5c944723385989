import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Tokens } from "../model/agent.ts";

/** Prices in US dollars for a million tokens. What a model costs that is not in it, is not known. */
const PriceTable = z.array(
  z.strictObject({
    /** The day on which the maker's page said so. */
    dated: z.iso.date(),
    source: z.url(),
    models: z.array(
      z.strictObject({
        /** The model's name, or what it begins with before a dash and a date. */
        model: z.string(),
        in: z.number(),
        cached: z.number(),
        /** Input that is written to a cache for five minutes; as plain input when absent. */
        cacheWritten: z.number().optional(),
        out: z.number(),
      }),
    ),
  }),
);

let table: z.infer<typeof PriceTable> | undefined;

function priceOf(model: string) {
  table ??= PriceTable.parse(JSON.parse(readFileSync(new URL("prices.json", import.meta.url), "utf8")));
  const isDate = (rest: string) => /^-\d[\d-]*$/.test(rest);
  return table
    .flatMap(({ dated, models }) => models.map((one) => ({ ...one, dated })))
    .find((one) => model === one.model || (model.startsWith(one.model) && isDate(model.slice(one.model.length))));
}

/** What tokens cost by the price table, and its day; null for a model that is not in it, or tokens that are not known. */
export function priced(model: string | null, tokens: Tokens): { usd: number; dated: string } | null {
  const price = model === null ? undefined : priceOf(model);
  if (!price || tokens.in === null || tokens.out === null) return null;
  const cached = tokens.cached ?? 0;
  const written = tokens.cacheWritten ?? 0;
  const millionths =
    (tokens.in - cached - written) * price.in +
    cached * price.cached +
    written * (price.cacheWritten ?? price.in) +
    tokens.out * price.out;
  return { usd: millionths / 1e6, dated: price.dated };
}
