import fc from "fast-check";
import { expect, test } from "vitest";
import { benjaminiHochberg, holm } from "../../src/stats/index.ts";
import reference from "./reference.json" with { type: "json" };

test.each(reference.corrections)("statsmodels agrees on $ps.length p values", (known) => {
  holm(known.ps).forEach((p, i) => {
    expect(p).toBeCloseTo(known.holm[i] ?? Number.NaN, 12);
  });
  benjaminiHochberg(known.ps).forEach((p, i) => {
    expect(p).toBeCloseTo(known.bh[i] ?? Number.NaN, 12);
  });
});

test("a correction never lowers p, keeps the order, and Holm is the stricter", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 }), (ps) => {
      const [strict, lenient] = [holm(ps), benjaminiHochberg(ps)];
      ps.forEach((p, i) => {
        expect(lenient[i]).toBeGreaterThanOrEqual(p - 1e-15);
        expect(strict[i]).toBeGreaterThanOrEqual((lenient[i] ?? 0) - 1e-15);
        ps.forEach((q, j) => {
          if (p < q) expect(strict[i]).toBeLessThanOrEqual(strict[j] ?? 0);
        });
      });
    }),
  );
});
