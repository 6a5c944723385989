import fc from "fast-check";
import { expect, test } from "vitest";
import { consistency, krippendorffAlpha, type SessionVerdicts } from "../../src/stats/index.ts";
import reference from "./reference.json" with { type: "json" };
import { publishedTier2 } from "./studies.ts";

test.each(reference.alpha)("the krippendorff package agrees: $alpha", ({ units, alpha }) => {
  expect(krippendorffAlpha(units)).toBeCloseTo(alpha, 12);
});

test("alpha is 1 when all agree on different labels, and undefined on one label", () => {
  expect(
    krippendorffAlpha([
      ["1", "1"],
      ["0", "0", "0"],
    ]),
  ).toBe(1);
  expect(
    krippendorffAlpha([
      ["1", "1"],
      ["1", "1"],
    ]),
  ).toBeNull();
  expect(krippendorffAlpha([["1"], ["0"]])).toBeNull();
});

test("alpha never exceeds 1 and does not care for the order of labels", () => {
  const units = fc.array(fc.array(fc.constantFrom("0", "1"), { maxLength: 4 }), { maxLength: 12 });
  fc.assert(
    fc.property(units, (labels) => {
      const alpha = krippendorffAlpha(labels);
      if (alpha === null) return;
      expect(alpha).toBeLessThanOrEqual(1 + 1e-12);
      expect(krippendorffAlpha(labels.map((u) => [...u].reverse()))).toBeCloseTo(alpha, 12);
    }),
  );
});

test("the published tier 2: replicates split only on the weak password, and only on Next.js", () => {
  const found = consistency(publishedTier2());
  expect(found).toMatchObject({ units: 32, agreed: 30, sessions: 12 });
  expect(found.splits).toEqual([{ exploit: "weak-password", units: 4, split: 2 }]);
});

test("a verdict that nobody could reach is missing, not different", () => {
  const session = (replicate: number, verdict: "defended" | "inconclusive"): SessionVerdicts => ({
    id: `${replicate}`,
    baseline: "x",
    agent: "p",
    condition: "bare",
    replicate,
    verdicts: [{ id: "T1-01", tier: 1, verdict }],
  });
  const three = [session(1, "defended"), session(2, "inconclusive"), session(3, "defended")];
  expect(consistency(three, "tested")).toMatchObject({ units: 1, agreed: 1 });
  expect(consistency(three, "planned")).toMatchObject({ units: 1, agreed: 0 });
  expect(consistency(three.slice(0, 1)).share).toBeNull();
});
