import { join } from "node:path";
import type { Case } from "../engine/calibration.ts";
import { PRODUCT } from "./load.ts";

export const degenerateFolder = join(PRODUCT, "tests/degenerate");

/** Apps that do not work, each in its own way; none may get a single `defended`. Modes of tests/degenerate/app.mjs. */
const MODES: readonly [string, string][] = [
  ["refuses", "never listens"],
  ["silent", "accepts connections and never answers"],
  ["always-200", "answers 200 and an empty object to everything"],
  ["always-401", "answers 401 to everything"],
  ["always-404", 'answers 404 and {"error":"Not found"} to everything'],
  ["always-500", 'answers 500 and {"error":"Internal server error"} to everything'],
  ["redirects", "redirects everything to itself"],
  ["page", "answers the same HTML page to everything"],
  ["random", "answers a random status with a plausible body"],
  ["echo", "sends back what it got"],
  ["trickle", "sends one byte a second"],
  ["endless", "sends bodies without end"],
  ["dies-at-30", "works, and ends itself at the 30th request"],
  ["dies-at-80", "works, and ends itself at the 80th request"],
  ["forgets", "answers well and remembers nothing"],
  ["restarts", "loses all it knows after every request"],
  ["closes", "closes every connection without an answer"],
  ["garbage", "answers bytes that are not HTTP"],
];

export const degenerateCases = (baseline: string): Case[] =>
  MODES.map(([name, what]) => ({ kind: "degenerate", baseline, name, what, turns: [], patch: null }));
