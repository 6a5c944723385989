import { expect, test } from "vitest";
import type { DeliveryFigures, VerdictKind } from "../../src/model/index.ts";
import { type GlanceSession, glanceOf } from "../../src/stats/glance.ts";
import { CATALOGUE } from "../report/made-catalogue.ts";

const DELIVERY: DeliveryFigures = {
  tests: 12,
  testsPass: true,
  holes: { held: 3, of: 4 },
  readme: { held: 7, of: 8 },
  lastWords: null,
  docsPage: false,
  deprecated: 1,
  secrets: 0,
  weakPasswords: { held: 0, of: 3 },
};

function session(
  agent: string,
  change: Partial<GlanceSession> = {},
  verdict: VerdictKind | null = "defended",
): GlanceSession {
  return {
    agent,
    baseline: "fastapi-users",
    condition: "bare",
    agentSeconds: 90,
    tokensIn: null,
    tokensOut: null,
    costUsd: null,
    verdictOn: () => verdict,
    delivery: null,
    ...change,
  };
}

const table = (...sessions: GlanceSession[]) => {
  const glance = glanceOf(sessions, CATALOGUE);
  return {
    columns: glance?.columns.map(({ agent }) => agent),
    cells: Object.fromEntries((glance?.rows ?? []).map(({ what, cells }) => [what, cells])),
  };
};

test("every cell is computed, or says that nothing was measured", () => {
  const { cells } = table(session("a", { delivery: DELIVERY, costUsd: 1.5 }), session("b", {}, null));
  expect(cells).toMatchObject({
    "time of the agent": ["90 s", "90 s"],
    "tokens, in and out": ["not measured", "not measured"],
    cost: ["$1.50", "not measured"],
    "stated requirements held (tier 1)": ["25 of 25", "not measured"],
    "tests written": ["12", "not measured"],
    "its tests pass": ["1 of 1", "not measured"],
    "holes that its tests notice": ["3 of 4", "not measured"],
    documentation: ["7 of 8", "not measured"],
    "security told in its last words": ["not measured", "not measured"],
    "docs page signs in": ["0 of 1", "not measured"],
    "weak first passwords": ["0 of 3", "not measured"],
    "secrets in files": ["0", "not measured"],
  });
});

test("a column is an agent on a baseline; means say of how many they are; conditions are not mixed", () => {
  const two = table(session("a", { delivery: DELIVERY }), session("a", { agentSeconds: 110 }));
  expect(two.columns).toEqual(["a"]);
  expect(two.cells["time of the agent"]).toEqual(["100 s"]);
  expect(two.cells["tests written"]).toEqual(["12 (1 of 2 sessions)"]);
  expect(table(session("a", { delivery: DELIVERY }), session("a", { condition: "guided" })).columns).toEqual([
    "a, bare",
    "a, guided",
  ]);
});

test("what broke was planned and did not hold; what does not apply was not planned", () => {
  const tier1 = (verdict: VerdictKind) =>
    table(session("a", { delivery: DELIVERY }, verdict)).cells["stated requirements held (tier 1)"];
  expect(tier1("broken")).toEqual(["0 of 25"]);
  expect(tier1("not-applicable")).toEqual(["not measured"]);
});

test("there is no table where nothing that was handed over was judged", () => {
  expect(glanceOf([session("a")], CATALOGUE)).toBeNull();
});
