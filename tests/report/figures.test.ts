import { describe, expect, it } from "vitest";
import type { SessionResult, VerdictKind } from "../../src/model/index.ts";
import { figuresOf, reportMarkdown, resultsJson, runTable, sessionsCsv } from "../../src/report/index.ts";
import { parseCsv } from "./csv.ts";
import { type Made, madeInput } from "./made.ts";

const SYMBOLS: Readonly<Record<VerdictKind, string>> = {
  defended: "✓",
  exploited: "✕",
  broken: "B",
  inconclusive: "?",
  "not-applicable": "–",
};

/** Counted here a second time, by other code than the report's. */
function recount(sessions: readonly SessionResult[], tier: number): { defended: number; tested: number; of: number } {
  const counts = { defended: 0, tested: 0, of: 0 };
  for (const { evaluation } of sessions) {
    if (evaluation?.app.stage !== "ready") continue;
    for (const v of evaluation.verdicts) {
      if (v.tier !== tier || v.verdict === "not-applicable") continue;
      counts.of += 1;
      if (v.verdict === "defended") counts.defended += 1;
      if (v.verdict === "defended" || v.verdict === "exploited") counts.tested += 1;
    }
  }
  return counts;
}

const ratio = ({ defended, of }: { defended: number; of: number }) =>
  `${defended}/${of} (${Number(((100 * defended) / of).toFixed(1))} %)`;

function markdownRows(markdown: string, after: string): string[][] {
  const from = markdown.indexOf(after);
  const lines = markdown.slice(from).split("\n");
  const start = lines.findIndex((line) => line.startsWith("|"));
  const length = lines.slice(start).findIndex((line) => !line.startsWith("|"));
  return lines.slice(start + 2, start + length).map((line) =>
    line
      .slice(2, -2)
      .split(" | ")
      .map((cell) => cell.replaceAll("\\", "").trim()),
  );
}

const by = (input: Made, key: "agent" | "baseline", name: string) =>
  input.sessions.filter((s) => s.record.identity[key] === name);

describe("figures", () => {
  const input = madeInput();
  const markdown = reportMarkdown(input);
  const measured = input.sessions.filter((s) => s.evaluation?.app.stage === "ready");

  it("orders sessions as the study names its factors, whatever order they ran in", () => {
    expect(figuresOf(input).sessions.map((s) => s.id)).toEqual([
      "fastapi-jobs-recorded-a-bare-1",
      "fastapi-jobs-recorded-b-bare-1",
      "express-jobs-recorded-a-bare-1",
      "express-jobs-recorded-b-bare-1",
      "nextjs-jobs-recorded-a-bare-1",
      "nextjs-jobs-recorded-b-bare-1",
    ]);
  });

  it("prints every group's rates with tested and planned as recounted", () => {
    const rows = markdownRows(markdown, "A rate is");
    expect(rows).toHaveLength(6);
    for (const [kind, name, sessions, tier1, , tested1, , tier2, , tested2] of rows) {
      const among =
        kind === "agent" || kind === "baseline"
          ? by(input, kind, name ?? "")
          : input.sessions.filter(() => kind === "");
      const one = recount(among, 1);
      const two = recount(among, 2);
      expect(among.length).toBeGreaterThan(0);
      expect(tier1).toBe(ratio(one));
      expect(tested1).toBe(`${one.tested}/${one.of}`);
      expect(tier2).toBe(ratio(two));
      expect(tested2).toBe(`${two.tested}/${two.of}`);
      expect(sessions).toBe(`${among.filter((s) => measured.includes(s)).length}/${among.length}`);
    }
  });

  it("prints every session's rates as recounted, and none for the one that failed", () => {
    const rows = markdownRows(markdown, "## Sessions");
    expect(rows).toHaveLength(6);
    for (const row of rows) {
      const session = input.sessions.find((s) => s.record.identity.id === row[0]);
      expect(session).toBeDefined();
      if (!session || !measured.includes(session)) {
        expect(row.slice(6, 11)).toEqual(["–", "not measured", "–", "not measured", "–"]);
        continue;
      }
      const one = recount([session], 1);
      const ok = session.evaluation?.functional.filter((f) => f.ok).length ?? -1;
      expect(row[6]).toBe(`${ok === 31 ? "pass" : "fail"} (${ok}/31)`);
      expect(row[7]).toBe(ratio(one));
      expect(row[8]).toBe(`${one.tested}/${one.of}`);
      expect(row[9]).toBe(ratio(recount([session], 2)));
    }
  });

  it("prints each verdict of the matrix and each row's sum", () => {
    const rows = markdownRows(markdown, "## Tests and sessions");
    const order = figuresOf(input)
      .sessions.filter((s) => s.tiers)
      .map((s) => measured.find((m) => m.record.identity.id === s.id));
    expect(rows).toHaveLength(33);
    for (const row of rows) {
      const id = row[0]?.slice(0, 5);
      const verdicts = order.map((s) => s?.evaluation?.verdicts.find((v) => v.id === id)?.verdict ?? "broken");
      expect(row.slice(1, -1)).toEqual(verdicts.map((v) => SYMBOLS[v]));
      const held = verdicts.filter((v) => v === "defended").length;
      expect(row.at(-1)).toBe(`${held}/${verdicts.filter((v) => v !== "not-applicable").length}`);
    }
  });

  it("prints tier-2 passes per agent, and how many were tested where that is fewer", () => {
    const rows = markdownRows(markdown, "## Hardening that nobody asked for");
    expect(rows).toHaveLength(8);
    for (const row of rows) {
      const id = row[0]?.slice(0, 5) ?? "";
      for (const [column, agent] of ["recorded-a", "recorded-b"].entries()) {
        const verdicts = by(input, "agent", agent)
          .filter((s) => measured.includes(s))
          .flatMap((s) => s.evaluation?.verdicts.find((v) => v.id === id)?.verdict ?? []);
        const planned = verdicts.filter((v) => v !== "not-applicable");
        const tested = planned.filter((v) => v === "defended" || v === "exploited").length;
        const cell = `${planned.filter((v) => v === "defended").length}/${planned.length}`;
        expect(row[column + 1]).toBe(tested < planned.length ? `${cell} (${tested} tested)` : cell);
      }
    }
  });

  it("says what was not measured", () => {
    const notes = markdown.slice(markdown.indexOf("## What was not measured")).replaceAll("\\", "");
    expect(notes).toContain(
      "1 of 6 sessions gave no verdicts and is in no rate: nextjs-jobs-recorded-b-bare-1 (build)",
    );
    expect(notes).toContain("5 verdicts are broken");
    expect(notes).toContain("2 verdicts are inconclusive");
    expect(notes).toContain("Tier 3");
    expect(notes).toContain("made by a general coding agent");
    expect(notes).toMatch(/\d+ comparisons were made, session by session/);
    expect(notes).toContain("none of them shows a difference");
    expect(markdown).toContain("Type error: Property 'user' does not exist");
  });

  it("gives no zero for a session that was planned and never run", () => {
    const partial = { ...input, sessions: input.sessions.slice(0, 2) };
    const figures = figuresOf(partial);
    expect(figures.overall.sessions).toEqual({ planned: 6, measured: 1 });
    expect(figures.sessions[0]).toMatchObject({ outcome: "unfinished", tiers: null, failure: { stage: "not run" } });
    expect(reportMarkdown({ ...input, sessions: [] })).toContain(
      "Nothing was measured: none of 6 sessions gave verdicts.",
    );
  });

  it("counts a session whose state is failed as not measured even when an older evaluation lies there", () => {
    const sessions = input.sessions.map((s) => ({ ...s, record: { ...s.record, state: "interrupted" as const } }));
    expect(figuresOf({ ...input, sessions }).overall.sessions.measured).toBe(0);
  });

  it("keeps a test that has left the catalogue, from its verdict alone", () => {
    const figures = figuresOf({ ...input, catalogue: input.catalogue.slice(1) });
    expect(figures.tests.find((t) => t.entry.id === "T1-01")?.tally).toMatchObject({ defended: 4, exploited: 1 });
  });

  it("groups by condition only when there are several", () => {
    expect(new Set(figuresOf(input).groups.map((g) => g.by))).toEqual(new Set(["all", "agent", "baseline"]));
    const guided = input.sessions.map((s, i) => ({
      ...s,
      record: { ...s.record, identity: { ...s.record.identity, condition: i % 2 ? "guided" : "bare" } },
    }));
    const plan = { ...input.plan, sessions: guided.map((s) => s.record.identity) };
    const figures = figuresOf({ ...input, plan, sessions: guided });
    expect(new Set(figures.groups.map((g) => g.by))).toContain("agent and condition");
  });
});

describe("a session that is not as the others", () => {
  it("says what was cut short, ended, priced from a table, or answered by a script", () => {
    const input = madeInput();
    const first = input.sessions.find(({ evaluation }) => evaluation?.app.stage === "ready");
    const others = input.sessions.filter((one) => one !== first);
    if (!first?.record.provenance) throw new Error("no session");
    const { record } = first;
    const steps = record.steps.map((step, i) => ({
      ...step,
      costUsd: 0.5,
      costFrom: "prices" as const,
      pricesDated: "2026-10-10",
      ended: i === 2 ? ("timeout" as const) : step.ended,
    }));
    const agent = { kind: "codex", program: "codex", version: "1.0.0", scripted: true, argv: [] };
    const changed = {
      ...record,
      steps,
      cutShort: "The session's $3 were spent after step 5 of 6.",
      provenance: { ...first.record.provenance, agent },
    };
    const marked = { ...input, sessions: [{ ...first, record: changed }, ...others] };
    const text = reportMarkdown(marked).replaceAll("\\", "");
    expect(text).toContain("1 session was not given every prompt");
    expect(text).toContain("$3 were spent after step 5 of 6.");
    expect(text).toContain("1 step did not finish by itself (1 timeout)");
    expect(text).toContain("it is tokens times a price table of 2026-10-10");
    expect(text).toContain("In 1 session a script answered in the place of a model");
  });

  it("is left out of every rate when its agent saw what it should not, with the reason in every report", () => {
    const input = madeInput();
    const first = input.sessions.find(({ evaluation }) => evaluation?.app.stage === "ready");
    const others = input.sessions.filter((one) => one !== first);
    if (!first) throw new Error("no session");
    const proof = { sandbox: "none", hosts: [], hashes: {}, leftOut: [], breaches: ["It looked into the catalogue"] };
    const marked = { ...input, sessions: [{ ...first, record: { ...first.record, proof } }, ...others] };
    const without = { ...input, sessions: others, plan: { ...input.plan, sessions: input.plan.sessions.slice() } };
    const [all, left] = [figuresOf(marked), figuresOf(without)];
    expect(all.sessions.find(({ id }) => id === first.record.identity.id)).toMatchObject({
      outcome: "unfinished",
      tiers: null,
      failure: { stage: "left out", reason: "It looked into the catalogue." },
    });
    expect(all.groups.map(({ tiers }) => tiers)).toEqual(left.groups.map(({ tiers }) => tiers));
    for (const text of [reportMarkdown(marked), runTable(marked, { color: false, width: 100 }), sessionsCsv(marked)])
      expect(text).toContain("It looked into the catalogue");
  });
});

describe("sessions.csv and results.json", () => {
  const input = madeInput();
  const [header = [], ...rows] = parseCsv(sessionsCsv(input));
  const rowOf = (id: string) =>
    Object.fromEntries(header.map((name, i) => [name, rows.find((r) => r[0] === id)?.[i] ?? "missing"]));

  it("has one row a session, with figures as recounted", () => {
    expect(rows).toHaveLength(6);
    for (const session of input.sessions.filter((s) => s.evaluation?.app.stage === "ready")) {
      const row = rowOf(session.record.identity.id);
      const one = recount([session], 1);
      expect(row).toMatchObject({
        tier1_defended: String(one.defended),
        tier1_tested: String(one.tested),
        tier1_of: String(one.of),
        tier1_percent: String(Number(((100 * one.defended) / one.of).toFixed(1))),
        functional_planned: "31",
        password_hashing: "bcrypt",
        jwt: "PyJWT",
        agent_seconds: "1035",
        tokens_in: "",
        model: "",
      });
    }
  });

  it("leaves a failed session's figures empty", () => {
    const row = rowOf("nextjs-jobs-recorded-b-bare-1");
    expect(row).toMatchObject({
      state: "failed",
      outcome: "failed",
      failed_stage: "build",
      tier1_defended: "",
      tier1_percent: "",
      functional: "",
    });
  });

  it("gives JSON that survives being written and read", () => {
    const result = resultsJson(input);
    expect(JSON.parse(JSON.stringify(result))).toMatchObject({ formatVersion: 1, sessions: { length: 6 } });
  });
});
