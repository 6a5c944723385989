import type { Interval } from "./rates.ts";

/** What was measured, and how to speak about it. */
export interface Measure {
  /** Such as `tier 1 tests defended` or `cost`. */
  name: string;
  /** `share`: values between 0 and 1, shown in per cent and their differences in points. Else the unit's word. */
  unit: "share" | (string & {});
  /** Which direction is good; `neither` keeps to "higher" and "lower". */
  better: "higher" | "lower" | "neither";
}

/** At most `digits` decimals, none that are zero at the end, never "-0". */
export function decimal(value: number, digits = 1): string {
  const text = value.toFixed(digits);
  const short = text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  return short === "-0" ? "0" : short;
}

/** A share as per cent: 0.8467 is `84.7 %`. Only a whole share is rounded to 0 or 100. */
export function percent(share: number): string {
  return `${percentNumber(share)} %`;
}

function percentNumber(share: number): string {
  const text = decimal(share * 100);
  if (text === "100" && share < 1 - 1e-9) return "over 99.9";
  if (text === "0" && share > 1e-9) return "under 0.1";
  return text;
}

/** Three significant digits for amounts: 1234567 is `1,230,000`. */
export function amount(value: number): string {
  return new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 }).format(value + 0);
}

export function valueText(value: number, measure: Measure): string {
  return measure.unit === "share" ? percent(value) : `${amount(value)} ${measure.unit}`;
}

/** A difference with its sign: `+1.3 points`. */
export function differenceText(difference: number, measure: Measure): string {
  return `${signed(difference, measure)} ${differenceUnit(measure)}`;
}

/** `-20 to +22.7 points`. */
export function differenceRange(interval: Interval, measure: Measure): string {
  return `${signed(interval.low, measure)} to ${signed(interval.high, measure)} ${differenceUnit(measure)}`;
}

/** `66.8 to 93.9 %`. */
export function shareRange(interval: Interval): string {
  return `${percentNumber(interval.low)} to ${percentNumber(interval.high)} %`;
}

export function levelText(interval: Interval): string {
  return `${decimal(interval.level * 100)} % interval`;
}

export function differenceUnit(measure: Measure): string {
  return measure.unit === "share" ? "points" : measure.unit;
}

function signed(difference: number, measure: Measure): string {
  const text = measure.unit === "share" ? decimal(difference * 100) : amount(difference);
  const bare = text.replace(/^-(?=0$)/, "");
  return difference > 0 && bare !== "0" ? `+${bare}` : bare;
}

/** `p = 0.03`, two significant digits; `p < 0.001` below that. */
export function pText(p: number): string {
  return p < 0.001 ? "p < 0.001" : `p = ${Number(p.toPrecision(2))}`;
}

const NUMBERS = [
  "no",
  "one",
  "two",
  "three",
  "four",
  "five",
  "six",
  "seven",
  "eight",
  "nine",
  "ten",
  "eleven",
  "twelve",
];

/** A count with its thousands set apart: `50,000`. */
export function whole(n: number): string {
  return new Intl.NumberFormat("en-US").format(n);
}

/** `two tests`, `1 session`, `40 sessions`; numbers up to twelve in words where `inWords`. */
export function counted(n: number, noun: string, inWords = false): string {
  const number = (inWords ? NUMBERS[n] : undefined) ?? whole(n);
  return `${number} ${noun}${n === 1 ? "" : "s"}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[]): string {
  const last = items.at(-1) ?? "";
  return items.length < 2 ? last : `${items.slice(0, -1).join(", ")} and ${last}`;
}
