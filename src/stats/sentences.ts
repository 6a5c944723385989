import { monteCarloError } from "./bootstrap.ts";
import { type Comparison, isShown, type NotComparable, type Side } from "./compare.ts";
import type { Consistency } from "./consistency.ts";
import type { Detectable } from "./detectable.ts";
import type { ExploitComparison, ExploitRate } from "./exploits.ts";
import type { ClusteredRate, Spread, Tally } from "./rates.ts";
import { FACTORS, type TestCount } from "./sessions.ts";
import type { VarianceComponents } from "./variance.ts";
import {
  counted,
  decimal,
  differenceRange,
  differenceText,
  differenceUnit,
  levelText,
  listed,
  type Measure,
  percent,
  pText,
  shareRange,
  valueText,
  whole,
} from "./words.ts";

const SHARE: Measure = { name: "tests defended", unit: "share", better: "higher" };

/** A tier's rate over sessions, with what it was counted from. */
export function rateSentence(name: string, rate: ClusteredRate): string {
  const from = `${whole(rate.defended)} of ${counted(rate.of, "test")} defended in ${counted(rate.sessions, "session")}`;
  const judged = rate.tested < rate.of ? `; only ${whole(rate.tested)} of the ${whole(rate.of)} could be judged` : "";
  const interval = rate.interval
    ? `; ${levelText(rate.interval)} ${shareRange(rate.interval)}`
    : "; no interval, since no place has two sessions to tell their spread from";
  return `${name}: ${percent(rate.rate)} (${from}${judged}${interval}).`;
}

/** One exploit over the sessions of a group. */
export function exploitRateSentence(rate: ExploitRate): string {
  const where = rate.group.length > 0 ? `${rate.exploit}, ${rate.group.join(", ")}` : rate.exploit;
  return `${where}: defended in ${whole(rate.defended)} of ${counted(rate.of, "session")} (${percent(rate.rate)}; ${levelText(rate.interval)} ${shareRange(rate.interval)}).`;
}

/** How often a choice was made. */
export function tallySentence(t: Tally): string {
  return `${t.choice}: in ${whole(t.sessions)} of ${counted(t.of, "session")} (${percent(t.share)}; ${levelText(t.interval)} ${shareRange(t.interval)}).`;
}

/** How far sessions of one kind lie apart. Agreement is never told as certainty. */
export function spreadSentence(name: string, spread: Spread, measure: Measure = SHARE): string {
  const { sessions, low, high, couldStillDiffer } = spread;
  const at = valueText(spread.mean, measure);
  if (sessions === 1) return `${name}: ${at} in 1 session, which says nothing about the spread.`;
  if (couldStillDiffer !== null) {
    return `${name}: ${at} in each of ${counted(sessions, "session")}, no variance seen; up to ${percent(couldStillDiffer)} of further sessions could still differ (95 %, one-sided).`;
  }
  const range = `from ${valueText(low, measure)} to ${valueText(high, measure)}`;
  return `${name}: ${at} on average over ${counted(sessions, "session")}, ranging ${range}.`;
}

/** The step size of a session's score; `noun` is what one test stands for. */
export function stepSentence(step: { of: number; share: number } | null, noun = "test"): string {
  if (step === null) return `Sessions have different numbers of ${noun}s, so that their scores have no one step size.`;
  return `One ${noun} in ${step.of} is the step size: two sessions that differ at all differ by ${decimal(step.share * 100)} points or more.`;
}

/** `two tests of 150`, `no difference in 150 tests`: how far apart two counts are, in tests. */
export function testsApart(a: TestCount, b: TestCount): string {
  if (a.of !== b.of)
    return `${whole(a.defended)} of ${whole(a.of)} against ${whole(b.defended)} of ${whole(b.of)} tests`;
  if (a.defended === b.defended) return `no difference in ${counted(a.of, "test")}`;
  return `${counted(Math.abs(a.defended - b.defended), "test", true)} of ${whole(a.of)}`;
}

/** Both figures, whether a difference is shown, and what could have been. */
export function comparisonSentence(c: Comparison | NotComparable, measure: Measure = SHARE): string {
  const others = FACTORS.filter((f) => f !== c.factor);
  if (c.kind === "not-comparable") {
    return `${capital(measure.name)}: ${c.a} and ${c.b} have no ${listed(others)} in common, so they are not compared.`;
  }
  const apart = c.a.tests && c.b.tests && c.a.tests.of === c.b.tests.of ? `: ${testsApart(c.a.tests, c.b.tests)}` : "";
  const left = c.unpaired > 0 ? ` ${counted(c.unpaired, "session")} without a counterpart left out.` : "";
  return [
    `${capital(measure.name)}: ${sideText(c.a, measure)} against ${sideText(c.b, measure)}${apart}.${left}`,
    findingText(c, measure, c.strata > 1 ? ` within the same ${listed(others)}` : ""),
    detectableSentence(c.detectable, c.a.sessions + c.b.sessions, measure),
  ].join(" ");
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function sideText(side: Side, measure: Measure): string {
  const { tests } = side;
  const value = valueText(tests ? tests.defended / tests.of : side.mean, measure);
  const from = tests ? `${whole(tests.defended)} of ${counted(tests.of, "test")}, ` : "";
  return `${side.name} ${value} (${from}${counted(side.sessions, "session")})`;
}

function findingText(c: Comparison, measure: Measure, within: string): string {
  const difference = `${differenceText(c.difference, measure)}${within}`;
  const test = testText(c);
  if (c.interval === null)
    return `No difference is shown: ${difference}, from too few sessions for an interval (${test}).`;
  const width = c.interval.low === c.interval.high ? ", of no width since sessions of a kind agree exactly" : "";
  const interval = `${levelText(c.interval)} ${differenceRange(c.interval, measure)}${width}`;
  if (isShown(c)) {
    return `${c.a.name} ${directionText(c.interval.low > 0, measure)} than ${c.b.name}: ${difference} (${interval}; ${test}).`;
  }
  const { low, high } = c.interval;
  const why =
    low < 0 && high > 0
      ? "which spans zero"
      : low <= 0 && high >= 0
        ? "which reaches zero"
        : "which does not survive the correction";
  return `No difference is shown: ${difference}, ${interval}, ${why} (${test}).`;
}

function directionText(higher: boolean, measure: Measure): string {
  if (measure.better === "neither") return higher ? "is higher" : "is lower";
  return higher === (measure.better === "higher") ? "did better" : "did worse";
}

function testText(c: Comparison): string {
  const sessions = counted(c.a.sessions + c.b.sessions, "session");
  const { method } = c;
  const raw =
    method.kind === "monte-carlo" ? `${pText(c.p)} +- ${decimal(monteCarloError(c.p, method.draws), 4)}` : pText(c.p);
  const how =
    method.kind === "exact"
      ? `exact permutation test over ${sessions}`
      : method.kind === "normal"
        ? `permutation test over ${sessions}, by its normal approximation`
        : `permutation test over ${sessions}, ${counted(method.draws, "random labelling")}`;
  const corrected =
    c.comparisons > 1 ? `; ${pText(c.adjustedP)} after Holm's correction for ${c.comparisons} comparisons` : "";
  return `${raw}, ${how}${corrected}`;
}

/** The smallest difference that this many sessions could have shown. */
export function detectableSentence(d: Detectable, sessions: number, measure: Measure = SHARE): string {
  const these = counted(sessions, "session");
  switch (d.kind) {
    case "nothing":
      return `${these} are too few to show any difference, however large: the smallest p they can give is ${Number(d.smallestP.toPrecision(2))}.`;
    case "unknown-spread":
      return `${these} without replicates cannot tell what difference they could have shown.`;
    case "no-spread":
      return `Replicates agree exactly, so that ${these} cannot tell what difference they could have shown.`;
    case "effect": {
      const terms = `with ${decimal(d.power * 100)} % power at the ${decimal(d.alpha * 100)} % level`;
      if (measure.unit === "share" && d.size > 1) {
        return `These ${these} vary so much that not even a difference of 100 points could have been shown ${terms}.`;
      }
      const size = measure.unit === "share" ? decimal(Math.ceil(d.size * 1000 - 1e-9) / 10) : amountUp(d.size);
      return `These ${these} could have shown a difference of ${size} ${differenceUnit(measure)} or more ${terms}.`;
    }
  }
}

/** Three significant digits, upwards, so that "or more" stays true. */
function amountUp(size: number): string {
  const scale = 10 ** (Math.floor(Math.log10(size)) - 2);
  return new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 }).format(Math.ceil(size / scale) * scale);
}

/** One row of a table per exploit. */
export function exploitComparisonSentence(row: ExploitComparison, names: readonly [string, string]): string {
  const [a, b] = names;
  const counts = `${a} ${whole(row.a.defended)} of ${counted(row.a.of, "session")}, ${b} ${whole(row.b.defended)} of ${whole(row.b.of)}`;
  const corrected =
    row.comparisons > 1
      ? `; ${pText(row.adjustedP)} after Benjamini and Hochberg's correction for ${row.comparisons} exploits`
      : "";
  const figures = `${differenceText(row.difference, SHARE)}, ${levelText(row.interval)} ${differenceRange(row.interval, SHARE)}; ${pText(row.p)}, exact test${corrected}`;
  const finding = isShown(row) ? `${row.interval.low > 0 ? a : b} defends it more often` : "no difference is shown";
  return `${row.exploit}: ${counts}; ${finding} (${figures}).`;
}

/** What explains the variance between sessions; `sessions` is how many there were when there is nothing to explain. */
export function varianceSentence(v: VarianceComponents | null, sessions: number): string {
  if (v === null) return `${counted(sessions, "session")} show no variance to explain.`;
  const name = (source: string) =>
    source === "replicate" ? (v.withoutReplicates ? "what is left over" : "replicates") : source;
  const parts = v.components.map((c) => `${name(c.source)} ${percent(c.share)}`);
  const beyond = v.components.filter((c) => c.beyondChance !== null);
  const chance =
    beyond.length > 0
      ? ` Less what chance alone would give: ${listed(beyond.map((c) => `${c.source} ${percent(c.beyondChance ?? 0)}`))}.`
      : "";
  const unbalanced = v.balanced
    ? ""
    : " The sessions are not balanced, so each share is a mean over the orders in which the factors can enter.";
  return `Of the variance between ${counted(v.sessions, "session")}: ${listed(parts)}.${chance}${unbalanced}`;
}

/** How often replicates agree. */
export function consistencySentence(c: Consistency): string {
  if (c.share === null) return "No place has two judged replicates, so nothing can be said about their consistency.";
  const alpha =
    c.alpha === null
      ? "all outcomes are the same, so alpha is undefined"
      : `Krippendorff's alpha ${decimal(c.alpha, 2)}`;
  return `All replicates agree in ${whole(c.agreed)} of ${whole(c.units)} cases of an exploit in a place (${percent(c.share)}; ${alpha}; ${counted(c.sessions, "session")}).`;
}
