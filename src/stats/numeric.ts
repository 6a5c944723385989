/** Log of the gamma function for x > 0. Lanczos (1964) with g = 7 and nine terms: relative error about 1e-15. */
export function logGamma(x: number): number {
  const coefficients = [
    676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
    -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
  ];
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const y = x - 1;
  const sum = coefficients.reduce((total, c, i) => total + c / (y + i + 1), 0.9999999999998099);
  const t = y + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (y + 0.5) * Math.log(t) - t + Math.log(sum);
}

/** Log of the number of ways to choose k of n. */
export function logChoose(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
}

/** Ways to choose k of n; exact below 2^53, `Infinity` beyond what a double holds. */
export function choose(n: number, k: number): number {
  if (k < 0 || k > n) return 0;
  let ways = 1;
  for (let i = 1; i <= Math.min(k, n - k); i++) ways = Math.round((ways * (n - i + 1)) / i);
  return ways;
}

/** Standard normal distribution function. Marsaglia (2004), "Evaluating the Normal Distribution": absolute error below 1e-14. */
export function normalCdf(x: number): number {
  if (x < -8) return 0;
  if (x > 8) return 1;
  let term = x;
  let sum = x;
  for (let k = 3; Math.abs(term) > 1e-18; k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}

/** Inverse of an increasing function on [0, infinity): where it reaches `target`, to the last bits of a double. */
export function solveIncreasing(f: (x: number) => number, target: number): number {
  let low = 0;
  let high = 1;
  while (f(high) < target && high < 1e12) {
    low = high;
    high *= 2;
  }
  for (let i = 0; i < 100 && high - low > 1e-15 * high; i++) {
    const middle = (low + high) / 2;
    if (f(middle) < target) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Quantile of the standard normal distribution, for 0 < p < 1. */
export function normalQuantile(p: number): number {
  if (p < 0.5) return -normalQuantile(1 - p);
  return solveIncreasing(normalCdf, p);
}

/** Regularised incomplete beta function I_x(a, b), by Lentz's continued fraction (DLMF 8.17.22). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x));
  const tiny = 1e-300;
  const guard = (v: number) => (Math.abs(v) < tiny ? tiny : v);
  let c = 1;
  let d = 1 / guard(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < 20_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guard(1 + even * d);
    c = guard(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guard(1 + odd * d);
    c = guard(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return (front * fraction) / a;
}

/** Student's t distribution function with `df` degrees of freedom (any positive number). */
export function studentCdf(t: number, df: number): number {
  const tail = incompleteBeta(df / (df + t * t), df / 2, 0.5) / 2;
  return t > 0 ? 1 - tail : tail;
}

/** Quantile of Student's t distribution, for 0 < p < 1. */
export function studentQuantile(p: number, df: number): number {
  if (p < 0.5) return -studentQuantile(1 - p, df);
  return solveIncreasing((t) => studentCdf(t, df), p);
}

/**
 * Distribution function of the noncentral t: P((Z + shift) / sqrt(chi2_df / df) <= t), by Simpson's rule over the
 * scale s = sqrt(chi2_df / df). Absolute error below 1e-8 for df >= 1.
 */
export function noncentralStudentCdf(t: number, df: number, shift: number): number {
  const top = 1 + 9 / Math.sqrt(df);
  const steps = 800;
  const width = top / steps;
  const logScale = Math.log(2) + (df / 2) * Math.log(df / 2) - logGamma(df / 2);
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const s = i * width;
    const atZero = df === 1 ? Math.exp(logScale) : 0;
    const density = s === 0 ? atZero : Math.exp(logScale + (df - 1) * Math.log(s) - (df * s * s) / 2);
    const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
    sum += weight * density * normalCdf(t * s - shift);
  }
  return (sum * width) / 3;
}

export function mean(values: readonly number[]): number {
  return values.reduce((total, v) => total + v, 0) / values.length;
}

/** Sum of squared distances from the mean. */
export function sumOfSquares(values: readonly number[]): number {
  const centre = mean(values);
  return values.reduce((total, v) => total + (v - centre) ** 2, 0);
}
