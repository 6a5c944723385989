import { describe, expect, it } from "vitest";
import type { SessionIdentity, VerdictKind } from "../../src/model/index.ts";
import { reportHtml, sessionsCsv, verdictsCsv } from "../../src/report/index.ts";
import { parseCsv } from "./csv.ts";
import { embedded } from "./embedded.ts";
import { madeInput } from "./made.ts";

const input = madeInput();

/** Every stored verdict of a measured session, straight from the evaluations. */
const stored = input.sessions.flatMap(({ record, evaluation }) =>
  evaluation?.app.stage === "ready" && record.state === "evaluated"
    ? evaluation.verdicts.map((v) => ({ ...v, place: record.identity }))
    : [],
);
type Stored = (typeof stored)[number];

/** Counted here a second time, by other code than the report's. */
function recount(among: readonly Stored[]) {
  const of = (kind: VerdictKind) => among.filter((v) => v.verdict === kind).length;
  const planned = among.length - of("not-applicable");
  return {
    defended: of("defended"),
    exploited: of("exploited"),
    broken: of("broken"),
    inconclusive: of("inconclusive"),
    notApplicable: of("not-applicable"),
    tested: of("defended") + of("exploited"),
    planned,
    percent: planned === 0 ? null : Number(((100 * of("defended")) / planned).toFixed(1)),
  };
}

const inTiers = (among: readonly Stored[]) => ({
  tier1: recount(among.filter((v) => v.tier === 1)),
  tier2: recount(among.filter((v) => v.tier === 2)),
  tier3: recount(among.filter((v) => v.tier === 3)),
});

const groupOf: Record<string, (place: SessionIdentity) => string> = {
  all: () => "All sessions",
  agent: (p) => p.agent,
  baseline: (p) => p.baseline,
};

describe("every figure of the written report, recomputed from the stored verdicts", () => {
  const { page } = embedded(reportHtml(input));

  it("index.html: groups, and the words beside their rates", () => {
    expect(page.groups.length).toBeGreaterThan(5);
    for (const { by, name, tiers, rates } of page.groups) {
      const among = stored.filter((v) => groupOf[by]?.(v.place) === name);
      expect(tiers, name).toEqual(inTiers(among));
      for (const tier of ["tier1", "tier2"] as const) {
        const { defended, planned, tested } = inTiers(among)[tier];
        expect(rates[tier].figure, name).toMatchObject({ defended, of: planned, tested, rate: defended / planned });
        expect(rates[tier].sentence).toContain(`${defended} of ${planned} tests defended in`);
      }
    }
  });

  it("index.html: tests, each group's, holes and their intervals", () => {
    for (const { entry, tally, perGroup, exploited, rate } of page.tests) {
      const among = stored.filter((v) => v.id === entry.id);
      expect(tally, entry.id).toEqual(recount(among));
      expect(exploited).toBe(recount(among).exploited);
      expect(page.holes.includes(entry.id)).toBe(exploited > 0);
      expect(rate.figure).toMatchObject({ defended: tally.defended, of: tally.planned });
      for (const group of perGroup) {
        expect(group.tally, entry.id).toEqual(recount(among.filter((v) => v.place.agent === group.name)));
      }
    }
  });

  it("index.html: sessions and every cell of the matrix", () => {
    expect(page.sessions).toHaveLength(input.sessions.length);
    for (const { id, tiers, letters } of page.sessions) {
      const among = stored.filter((v) => v.place.id === id);
      expect(tiers, id).toEqual(among.length ? inTiers(among) : null);
      for (const [i, { entry }] of page.tests.entries()) {
        const verdict = among.find((v) => v.id === entry.id)?.verdict;
        expect(page.letters[letters[i]], `${id} ${entry.id}`).toBe(verdict);
      }
    }
  });

  it("index.html: both sides of each comparison", () => {
    const compared = page.analysis.tiers.flatMap((t: { tier: number; comparisons: object[] }) =>
      t.comparisons.map((c) => ({ ...c, tier: t.tier })),
    );
    expect(compared.length).toBeGreaterThan(3);
    for (const { tier, figure } of compared) {
      if (figure.kind !== "compared") continue;
      const factor = figure.factor as "agent" | "baseline";
      const other = factor === "agent" ? "baseline" : "agent";
      const inTier = stored.filter((v) => v.tier === tier && v.verdict !== "not-applicable");
      const side = (name: string) => inTier.filter((v) => v.place[factor] === name);
      const shared = (v: Stored, name: string) => side(name).some((o) => o.place[other] === v.place[other]);
      for (const [own, against] of [
        [figure.a, figure.b],
        [figure.b, figure.a],
      ]) {
        const among = side(own.name).filter((v) => shared(v, against.name));
        const counts = recount(among);
        expect(own.tests, own.name).toEqual({ defended: counts.defended, of: counts.planned });
        expect(own.sessions).toBe(new Set(among.map((v) => v.place.id)).size);
      }
    }
  });

  it("sessions.csv and verdicts.csv", () => {
    const [header = [], ...rows] = parseCsv(sessionsCsv(input));
    for (const row of rows) {
      const cell = (name: string) => row[header.indexOf(name)];
      const among = stored.filter((v) => v.place.id === cell("session"));
      for (const tier of ["tier1", "tier2", "tier3"] as const) {
        const counts = inTiers(among)[tier];
        for (const name of ["defended", "exploited", "broken", "inconclusive", "tested", "percent"] as const) {
          const expected = among.length && counts[name] !== null ? String(counts[name]) : "";
          expect(cell(`${tier}_${name}`), `${cell("session")} ${tier} ${name}`).toBe(expected);
        }
        expect(cell(`${tier}_of`)).toBe(among.length ? String(counts.planned) : "");
      }
    }
    expect(parseCsv([...verdictsCsv(input)].join(""))).toHaveLength(stored.length + 1);
  });
});
