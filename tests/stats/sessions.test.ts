import { describe, expect, test } from "vitest";
import { type Evaluation, type SessionResult, scoreOf, VERDICTS } from "../../src/model/index.ts";
import { outcomeOf, sampleOf, scoresIn, sessionScore } from "../../src/stats/index.ts";

const verdicts = VERDICTS.map((verdict, i) => ({
  id: `T1-0${i}`,
  slug: `t${i}`,
  tier: 1 as const,
  verdict,
  summary: "",
  evidence: [],
  durationMs: 1,
}));

const evaluation: Evaluation = {
  formatVersion: 1,
  scenario: "pipeline-jobs",
  verdicts,
  score: scoreOf(verdicts),
} as unknown as Evaluation;

function result(id: string, recording: string | null, evaluated = true): SessionResult {
  const identity = {
    id,
    scenario: "pipeline-jobs",
    baseline: "fastapi",
    agent: "codex",
    agentKind: "replay",
    model: null,
    condition: "bare",
    replicate: Number(id.slice(1)),
    recording,
  };
  return {
    record: {
      formatVersion: 1,
      identity,
      state: evaluated ? "evaluated" : "failed",
      provenance: null,
      proof: null,
      steps: [],
      problem: null,
      cutShort: null,
      conversation: null,
      overheadMs: null,
      startedAt: null,
      finishedAt: null,
    },
    evaluation: evaluated ? evaluation : null,
    folder: id,
  };
}

describe("sampleOf", () => {
  test("a recording replayed twice is one session; a session that failed is counted, not scored", () => {
    const sample = sampleOf([result("s1", "r"), result("s2", "r"), result("s3", "other"), result("s4", null, false)]);
    expect(sample.sessions.map((s) => s.id)).toEqual(["s1", "s3"]);
    expect(sample).toMatchObject({ repeated: 1, unevaluated: 1 });
  });

  test("real sessions are never taken for repetitions", () => {
    expect(sampleOf([result("s1", null), result("s2", null)]).sessions).toHaveLength(2);
  });
});

describe("scoresIn", () => {
  const sessions = sampleOf([result("s1", null)]).sessions;

  test("counts what scoreOf counts", () => {
    const { defended, of, tested } = evaluation.score.tier1;
    expect(scoresIn(sessions, 1)).toEqual([expect.objectContaining({ defended, of, tested, value: defended / of })]);
  });

  test("`tested` leaves out what could not be judged", () => {
    expect(scoresIn(sessions, 1, "tested")).toEqual([expect.objectContaining({ defended: 1, of: 2, tested: 2 })]);
  });

  test("a tier without tests gives no score, not zero", () => expect(scoresIn(sessions, 3)).toEqual([]));
});

test("only defended scores", () => {
  expect(VERDICTS.map((v) => outcomeOf(v, "planned"))).toEqual([1, 0, 0, 0, null]);
  expect(VERDICTS.map((v) => outcomeOf(v, "tested"))).toEqual([1, 0, null, null, null]);
});

test("an impossible score is refused", () => {
  const place = { id: "s1", baseline: "x", agent: "p", condition: "bare", replicate: 1 };
  for (const [defended, of] of [
    [26, 25],
    [-1, 25],
    [0, 0],
  ] as const) {
    expect(() => sessionScore(place, { defended, of })).toThrow(RangeError);
  }
});
