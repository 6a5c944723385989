/**
 * Holm's (1979) step-down correction: adjusted p values in the order given. Controls the chance of even one false
 * finding, whatever the dependence.
 */
export function holm(ps: readonly number[]): number[] {
  const m = ps.length;
  const adjusted = new Array<number>(m).fill(1);
  let largest = 0;
  ranked(ps).forEach(({ p, index }, rank) => {
    largest = Math.max(largest, Math.min(1, (m - rank) * p));
    adjusted[index] = largest;
  });
  return adjusted;
}

/**
 * Benjamini and Hochberg's (1995) step-up correction: adjusted p values in the order given. Controls the expected
 * share of false findings among those called; for tables with a row per exploit.
 */
export function benjaminiHochberg(ps: readonly number[]): number[] {
  const m = ps.length;
  const adjusted = new Array<number>(m).fill(1);
  let smallest = 1;
  ranked(ps)
    .reverse()
    .forEach(({ p, index }, fromTop) => {
      smallest = Math.min(smallest, (p * m) / (m - fromTop));
      adjusted[index] = smallest;
    });
  return adjusted;
}

function ranked(ps: readonly number[]): { p: number; index: number }[] {
  return ps.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
}
