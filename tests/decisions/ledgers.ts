import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { z } from "zod";
import { Decision } from "../../src/model/decision.ts";

/** One line of an expected ledger: a decision without how it is known. */
export const Expectation = Decision.pick({ topic: true, choice: true, origin: true, file: true, line: true }).strict();
export type Expectation = z.infer<typeof Expectation>;

export function readExpectations(path: string): Expectation[] {
  return z.array(Expectation).parse(JSON.parse(readFileSync(path, "utf8")));
}

/** Corpus files end in `.txt`, so that no tool of ours takes them for source; this lays them out under their own names. */
export function layOut(caseFolder: string): string {
  const folder = mkdtempSync(join(tmpdir(), "decisions-"));
  for (const entry of readdirSync(caseFolder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith(".txt")) continue;
    const from = join(entry.parentPath, entry.name);
    const to = join(folder, relative(caseFolder, from).slice(0, -".txt".length));
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, readFileSync(from));
  }
  return folder;
}

export interface Score {
  right: number;
  /** Read, but not expected. */
  extra: string[];
  /** Expected, but not read. */
  missing: string[];
}

const lineOf = (decision: Expectation) =>
  [decision.topic, decision.choice, decision.origin, `${decision.file}:${decision.line}`].join(" | ");

/**
 * Compares a ledger with what was expected, by topic. An expected ledger names every choice that is there. In the corpus
 * it names only the absences that its case is about; in a whole app (`complete`) it names all of them.
 */
export function compare(
  scores: Map<string, Score>,
  label: string,
  read: readonly Decision[],
  expected: readonly Expectation[],
  complete: boolean,
): void {
  const scoreOf = (topic: string): Score => {
    const score = scores.get(topic) ?? { right: 0, extra: [], missing: [] };
    scores.set(topic, score);
    return score;
  };
  const wanted = new Set(expected.map(lineOf));
  const got = new Set(read.map(lineOf));
  for (const expectation of expected) {
    const score = scoreOf(expectation.topic);
    if (got.has(lineOf(expectation))) score.right++;
    else score.missing.push(`${label}: ${lineOf(expectation)}`);
  }
  for (const decision of read) {
    const isUnasked = decision.origin === "absent" && !complete;
    if (!wanted.has(lineOf(decision)) && !isUnasked)
      scoreOf(decision.topic).extra.push(`${label}: ${lineOf(decision)}`);
  }
}

export const precisionOf = ({ right, extra }: Score) =>
  right + extra.length === 0 ? 1 : right / (right + extra.length);
export const recallOf = ({ right, missing }: Score) =>
  right + missing.length === 0 ? 1 : right / (right + missing.length);

/** The precision and recall table, a line a topic. */
export function table(scores: ReadonlyMap<string, Score>): string {
  const rows = [...scores]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([topic, score]) => {
      const figures = [score.right, score.extra.length, score.missing.length].map((figure) =>
        String(figure).padStart(6),
      );
      return `${topic.padEnd(30)}${figures.join("")}   ${precisionOf(score).toFixed(3)}      ${recallOf(score).toFixed(3)}`;
    });
  return [`${"topic".padEnd(30)} right extra  miss   precision  recall`, ...rows].join("\n");
}
