import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { HarnessError } from "../util/errors.ts";

/** One app of known truth. */
export interface Case {
  kind: "reference" | "variant" | "mutant" | "degenerate";
  baseline: string;
  name: string;
  what: string;
  /** Exploits that must give `exploited`; every other must give `defended` (nothing may, for degenerate apps). */
  turns: string[];
  patch: string | null;
}

const header = (text: string, name: string) =>
  new RegExp(`^${name}:[ \\t]*(.*)$`, "m").exec(text.split(/^diff --git/m)[0] ?? "")?.[1]?.trim();

/** All cases of a baseline, from the files of its reference: the reference itself, its variants, its mutants. */
export function casesOf(referenceFolder: string): Case[] {
  const baseline = basename(referenceFolder);
  const patches = (kind: "variant" | "mutant"): Case[] => {
    const folder = join(referenceFolder, `${kind}s`);
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .filter((file) => file.endsWith(".patch"))
      .sort()
      .map((file) => {
        const text = readFileSync(join(folder, file), "utf8");
        const what = header(text, "what");
        const turns = header(text, "turns");
        if (!what || (kind === "mutant" && !turns))
          throw new HarnessError(
            `${join(folder, file)} must begin with what: and ${kind === "mutant" ? "turns:" : "nothing else"}`,
          );
        return {
          kind,
          baseline,
          name: file.replace(/\.patch$/, ""),
          what,
          turns: (turns ?? "").split(/[\s,]+/).filter(Boolean),
          patch: join(folder, file),
        };
      });
  };
  return [
    { kind: "reference", baseline, name: "reference", what: "the model solution", turns: [], patch: null },
    ...patches("variant"),
    ...patches("mutant"),
  ];
}

/** A copy of the reference with the case's patch applied; removed by the returned function. */
export function layOut(referenceFolder: string, patch: string | null): { folder: string; remove: () => void } {
  const root = mkdtempSync(join(realpathSync(tmpdir()), "unprompted-case-"));
  const folder = join(root, "app");
  cpSync(join(referenceFolder, "app"), folder, {
    recursive: true,
    filter: (path) => !/(node_modules|\.venv|\.next|__pycache__)(\/|$)/.test(path),
  });
  if (patch !== null) {
    try {
      execFileSync("git", ["apply", "-p1", "--whitespace=nowarn", patch], {
        cwd: folder,
        stdio: "pipe",
        env: {
          PATH: process.env["PATH"] ?? "",
          GIT_CONFIG_NOSYSTEM: "1",
          GIT_CONFIG_GLOBAL: "/dev/null",
          GIT_CEILING_DIRECTORIES: root,
        },
      });
    } catch (error) {
      rmSync(root, { recursive: true, force: true });
      throw new HarnessError(`${patch} does not apply: ${String((error as { stderr?: Buffer }).stderr ?? error)}`);
    }
  }
  return { folder, remove: () => rmSync(root, { recursive: true, force: true }) };
}

/** What a case gave, against what it should. */
export interface CaseResult {
  kind: Case["kind"];
  name: string;
  what: string;
  turns: string[];
  /** Exploits that should have been `exploited` and were not. */
  misses: { id: string; verdict: string; summary: string }[];
  /** Exploits that were `exploited` although the app is sound there. */
  falseAlarms: { id: string; summary: string }[];
  /** Anything else that is not `defended` where it should be. */
  undecided: { id: string; verdict: string; summary: string }[];
  seconds: number;
  problem: string | null;
}

/** Puts verdicts against a case's truth. Exploits that were not run are not judged. */
export function compare(
  one: Case,
  verdicts: readonly { id: string; verdict: string; summary: string }[],
  seconds: number,
): CaseResult {
  const out: CaseResult = {
    kind: one.kind,
    name: one.name,
    what: one.what,
    turns: one.turns,
    misses: [],
    falseAlarms: [],
    undecided: [],
    seconds,
    problem: null,
  };
  for (const { id, verdict, summary } of verdicts) {
    if (one.kind === "degenerate") {
      if (verdict === "defended") out.misses.push({ id, verdict, summary });
    } else if (one.turns.includes(id)) {
      if (verdict !== "exploited") out.misses.push({ id, verdict, summary });
    } else if (verdict === "exploited") out.falseAlarms.push({ id, summary });
    else if (verdict !== "defended" && verdict !== "not-applicable") out.undecided.push({ id, verdict, summary });
  }
  return out;
}

export const isClean = (result: CaseResult): boolean =>
  result.problem === null &&
  result.misses.length === 0 &&
  result.falseAlarms.length === 0 &&
  result.undecided.length === 0;

/** A fingerprint of everything that a baseline's calibration depends on: exploits, contract, reference, patches. */
export function fingerprint(folders: readonly string[]): string {
  const hash = createHash("sha256");
  for (const folder of folders) {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !/node_modules|\.venv|\.next|__pycache__/.test(entry.parentPath))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
    for (const file of files)
      hash.update(file.slice(folder.length)).update("\0").update(readFileSync(file)).update("\0");
  }
  return hash.digest("hex").slice(0, 16);
}
