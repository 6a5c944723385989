import { describe, expect, test } from "vitest";
import { priced } from "../../src/agents/prices.ts";

const tokens = { in: 1_000_000, out: 100_000, cached: 400_000, cacheWritten: 100_000, reasoning: null };

describe("the price table", () => {
  test.each([
    ["claude-sonnet-4-5", 0.5 * 3 + 0.4 * 0.3 + 0.1 * 3.75 + 0.1 * 15],
    ["claude-sonnet-4-5-20250929", 0.5 * 3 + 0.4 * 0.3 + 0.1 * 3.75 + 0.1 * 15],
    ["gpt-5.5", 0.6 * 5 + 0.4 * 0.5 + 0.1 * 30],
  ])("%s", (model, usd) => expect(priced(model, tokens)?.usd).toBeCloseTo(usd, 9));

  test.each([["gpt-5.5-pro"], ["claude-sonnet-4-5-turbo"], ["scripted"], [null]])("%s is not in it", (model) =>
    expect(priced(model, tokens)).toBeNull(),
  );

  test("tokens that are not known cost what is not known", () =>
    expect(priced("gpt-5.5", { ...tokens, in: null })).toBeNull());
});
