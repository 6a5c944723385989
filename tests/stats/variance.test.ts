import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type SessionValue, varianceComponents } from "../../src/stats/index.ts";
import reference from "./reference.json" with { type: "json" };

function squaresOf(values: readonly SessionValue[]): Record<string, number> {
  return Object.fromEntries(varianceComponents(values)?.components.map((c) => [c.source, c.squares]) ?? []);
}

describe.each(reference.anova)("statsmodels agrees on $rows.length sessions", (known) => {
  const values = known.rows.map((row, i) => ({ ...row, id: `${i}`, replicate: i }));

  test("sums of squares", () => {
    const squares = squaresOf(values);
    for (const factor of ["baseline", "agent", "condition"] as const) {
      expect(squares[factor]).toBeCloseTo(known.squares[factor], 6);
      if (known.anova) expect(squares[factor]).toBeCloseTo(known.anova[factor], 6);
    }
    expect(squares.interaction).toBeCloseTo(known.interaction, 6);
    expect(squares.replicate).toBeCloseTo(known.within, 6);
  });

  test("says whether it is balanced", () => {
    expect(varianceComponents(values)?.balanced).toBe(known.anova !== undefined);
  });
});

const anyDesign = fc.array(
  fc.record({
    id: fc.constant("s"),
    baseline: fc.constantFrom("x", "y", "z"),
    agent: fc.constantFrom("p", "q"),
    condition: fc.constantFrom("bare", "guided"),
    replicate: fc.integer({ min: 1, max: 9 }),
    value: fc.integer({ min: 0, max: 25 }).map((k) => k / 25),
  }),
  { minLength: 2, maxLength: 40 },
);

test("shares are shares and add up, whatever is missing", () => {
  fc.assert(
    fc.property(anyDesign, (values) => {
      const found = varianceComponents(values);
      if (found === null) return;
      expect(found.components.reduce((sum, c) => sum + c.share, 0)).toBeCloseTo(1, 9);
      for (const c of found.components) {
        expect(c.share).toBeGreaterThan(-1e-9);
        expect(c.beyondChance ?? 0).toBeLessThanOrEqual(c.share + 1e-9);
      }
    }),
  );
});

test("neither the order of sessions nor the names of levels matter", () => {
  fc.assert(
    fc.property(anyDesign, (values) => {
      const turned = [...values].reverse().map((v) => ({ ...v, agent: v.agent === "p" ? "zeta" : "alpha" }));
      for (const [source, squares] of Object.entries(squaresOf(values))) {
        expect(squaresOf(turned)[source]).toBeCloseTo(squares, 9);
      }
    }),
  );
});

test("without replicates nothing is told beyond chance", () => {
  const value = (baseline: string, agent: string, v: number) => ({
    id: baseline + agent,
    baseline,
    agent,
    condition: "bare",
    replicate: 1,
    value: v,
  });
  const found = varianceComponents([value("x", "p", 1), value("x", "q", 2), value("y", "p", 4), value("y", "q", 9)]);
  expect(found?.withoutReplicates).toBe(true);
  expect(found?.components.map((c) => [c.source, c.beyondChance])).toEqual([
    ["baseline", null],
    ["agent", null],
    ["replicate", null],
  ]);
});

test("no variance, no shares", () => {
  const same = { id: "s", baseline: "x", agent: "p", condition: "bare", replicate: 1, value: 0.96 };
  expect(varianceComponents([same, { ...same, agent: "q" }])).toBeNull();
  expect(varianceComponents([same])).toBeNull();
});
