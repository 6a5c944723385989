import { expect, test } from "vitest";
import {
  clusteredWilson,
  compareAll,
  compareExploits,
  consistency,
  exploitRates,
  type JudgedExploit,
  scoresIn,
  varianceComponents,
} from "../../src/stats/index.ts";
import { seededRandom } from "../../src/util/random.ts";

test("10,000 sessions x 80 exploits: everything a report computes", { timeout: 60_000 }, () => {
  const random = seededRandom(3);
  const sessions = Array.from({ length: 10_000 }, (_, i) => ({
    id: `s${i}`,
    agent: `a${i % 5}`,
    baseline: `b${Math.floor(i / 5) % 10}`,
    condition: `c${Math.floor(i / 50) % 2}`,
    replicate: Math.floor(i / 100),
    verdicts: Array.from({ length: 80 }, (_, e): JudgedExploit => {
      const tier = e < 25 ? 1 : e < 33 ? 2 : 3;
      return { id: `T${e}`, tier, verdict: random() < 0.7 ? "defended" : "exploited" };
    }),
  }));
  const scores = scoresIn(sessions, 1);
  expect(scores).toHaveLength(10_000);
  expect(clusteredWilson(scores).designEffect).toBeLessThan(1.2);
  for (const factor of ["agent", "condition"] as const) {
    for (const found of compareAll(scores, factor, { random })) {
      expect(found).toMatchObject({ kind: "compared", method: { kind: "normal" }, unpaired: 0 });
    }
  }
  expect(compareExploits(sessions, "condition", ["c0", "c1"])).toHaveLength(80);
  expect(exploitRates(sessions, ["agent", "baseline"])).toHaveLength(80 * 50);
  expect(varianceComponents(scores)?.balanced).toBe(true);
  expect(consistency(sessions)).toMatchObject({ units: 80 * 100, sessions: 10_000 });
});
