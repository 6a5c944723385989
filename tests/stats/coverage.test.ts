import { expect, test } from "vitest";
import {
  bootstrap,
  clusteredWilson,
  permutationTest,
  type SessionScore,
  totalOf,
  wilson,
} from "../../src/stats/index.ts";
import { seededRandom } from "../../src/util/random.ts";
import { scoresOf } from "./studies.ts";

/** Each session has a rate of its own around its place's; its 25 tests then fall at that rate. */
interface Place {
  logit: number;
  spread: number;
}

function simulator(seed: number) {
  const random = seededRandom(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const rate = (place: Place) => 1 / (1 + Math.exp(-(place.logit + place.spread * normal())));
  const defended = (place: Place) => {
    const own = rate(place);
    return Array.from({ length: 25 }, () => random() < own).filter(Boolean).length;
  };
  return { random, rate, defended };
}

const clustered = (scores: SessionScore[]) => clusteredWilson(scores).interval;
const plain = (scores: SessionScore[]) => {
  const { defended, of } = totalOf(scores);
  return wilson(defended, of);
};

function coverage(places: readonly Place[], replicates: number) {
  const { random, rate, defended } = simulator(5);
  const ofMany = (place: Place) =>
    Array.from({ length: 50_000 }, () => rate(place)).reduce((a, b) => a + b, 0) / 50_000;
  const truth = places.map(ofMany).reduce((a, b) => a + b, 0) / places.length;
  const resampled = (scores: SessionScore[]) =>
    bootstrap({
      strata: places.map((_, i) => scores.filter((s) => s.baseline === `${i}`)),
      statistic: (drawn) => totalOf(drawn.flat()).defended / totalOf(drawn.flat()).of,
      random,
      draws: 150,
    }).interval;
  const studies = 400;
  const held = { clustered: 0, plain: 0, resampled: 0 };
  for (let i = 0; i < studies; i++) {
    const scores = scoresOf(
      places.map((place, p) => [`${p}`, "a", Array.from({ length: replicates }, () => defended(place))]),
    );
    for (const [name, interval] of Object.entries({ clustered, plain, resampled })) {
      const found = interval(scores);
      if (found && found.low <= truth && truth <= found.high) held[name as keyof typeof held]++;
    }
  }
  return { clustered: held.clustered / studies, plain: held.plain / studies, resampled: held.resampled / studies };
}

test.each([
  ["three sessions in one place", [{ logit: 1.2, spread: 1 }], 3],
  ["three that differ much, near the top", [{ logit: 2.5, spread: 2 }], 3],
  ["three in each of two places", [3, 1.2].map((logit) => ({ logit, spread: 2 })), 3],
  ["ten in one place", [{ logit: 2.5, spread: 2 }], 10],
] as const)("clusteredWilson holds the truth: %s", (_, places, replicates) => {
  const found = coverage(places, replicates);
  expect(found.clustered).toBeGreaterThan(0.88);
  expect(found.plain).toBeLessThan(0.72);
  if (replicates === 3) expect(found.resampled).toBeLessThan(0.8);
});

test("sessions that do not differ beyond their tests: still held", () => {
  expect(coverage([{ logit: 1.2, spread: 0 }], 3).clustered).toBeGreaterThan(0.95);
});

test("with no difference the permutation test cries wolf in at most 5 of 100 studies, and its interval holds a shift", () => {
  const { random, defended } = simulator(17);
  const places = [3, 1.2].map((logit) => ({ logit, spread: 1 }));
  const studies = 600;
  let alarms = 0;
  let held = 0;
  for (let i = 0; i < studies; i++) {
    const many = (place: Place) => Array.from({ length: 3 }, () => defended(place));
    const strata = places.map((place) => ({ a: many(place), b: many(place) }));
    if (permutationTest(strata, { random }).p <= 0.05) alarms++;
    const shifted = strata.map(({ a, b }) => ({ a: a.map((v) => v + 4), b }));
    const { interval } = permutationTest(shifted, { random });
    if (interval && interval.low <= 4 && 4 <= interval.high) held++;
  }
  expect(alarms / studies).toBeLessThan(0.07);
  expect(held / studies).toBeGreaterThan(0.93);
});
