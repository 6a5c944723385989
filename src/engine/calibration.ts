import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import type { VerdictKind } from "../model/verdict.ts";
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

/** What one exploit gave on a case, with a fingerprint of everything that decides it. */
export interface Got {
  verdict: VerdictKind;
  /** Kept only where the verdict is not the expected one. */
  summary?: string;
  inputs: string;
}

/** What a case gave. */
export interface CaseResult {
  kind: Case["kind"];
  name: string;
  what: string;
  turns: string[];
  got: Record<string, Got>;
  seconds: number;
  /** Why the case could not be judged: it did not come up, or a feature of a sound app does not work. */
  problem: string | null;
}

/** One exploit that did not give what the case's truth asks for. */
export interface Deviation {
  id: string;
  verdict: VerdictKind;
  summary: string;
}

/** What a case gave, put against its truth. */
export interface Judgement {
  /** Exploits that should have been `exploited` and were not; for a degenerate app, those that were `defended`. */
  misses: Deviation[];
  /** Exploits that were `exploited` although the app is sound there. */
  falseAlarms: Deviation[];
  /** Anything else that is not `defended` where it should be. */
  undecided: Deviation[];
}

const expects = (one: Pick<Case, "kind" | "turns">, id: string, verdict: VerdictKind): keyof Judgement | undefined => {
  if (one.kind === "degenerate") return verdict === "defended" ? "misses" : undefined;
  if (one.turns.includes(id)) return verdict === "exploited" ? undefined : "misses";
  if (verdict === "exploited") return "falseAlarms";
  return verdict === "defended" || verdict === "not-applicable" ? undefined : "undecided";
};

/** The result of a case from its verdicts. Exploits that were not run are not in it. */
export function resultOf(
  one: Case,
  verdicts: readonly { id: string; verdict: VerdictKind; summary: string }[],
  inputs: (id: string) => string,
  seconds: number,
  problem: string | null = null,
): CaseResult {
  const { kind, name, what, turns } = one;
  const got = Object.fromEntries(
    verdicts.map(({ id, verdict, summary }) => [
      id,
      { verdict, ...(expects(one, id, verdict) ? { summary: summary.slice(0, 300) } : {}), inputs: inputs(id) },
    ]),
  );
  return { kind, name, what, turns, got, seconds, problem };
}

export function judge(result: CaseResult): Judgement {
  const out: Judgement = { misses: [], falseAlarms: [], undecided: [] };
  for (const [id, { verdict, summary = "" }] of Object.entries(result.got)) {
    const where = expects(result, id, verdict);
    if (where) out[where].push({ id, verdict, summary });
  }
  // A mutant whose own exploits gave no verdict at all caught nothing.
  for (const id of result.turns)
    if (result.problem !== null && !(id in result.got))
      out.misses.push({ id, verdict: "broken", summary: "not judged" });
  return out;
}

export function isClean(result: CaseResult): boolean {
  const { misses, falseAlarms, undecided } = judge(result);
  return result.problem === null && misses.length + falseAlarms.length + undecided.length === 0;
}

/** For a mutant, the exploits of every area in which it turns one: where a hole's side effects show. All, for other cases. */
export function nearby<E extends { id: string; area: string }>(one: Case, exploits: readonly E[]): readonly E[] {
  if (one.kind !== "mutant") return exploits;
  const areas = new Set(exploits.filter(({ id }) => one.turns.includes(id)).map(({ area }) => area));
  return exploits.filter(({ area }) => areas.has(area));
}

/** A fingerprint of files and folders: their names below their parent and every byte. */
export function fingerprint(paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of paths) {
    const isFolder = statSync(path).isDirectory();
    const files = isFolder
      ? readdirSync(path, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile() && !/node_modules|\.venv|\.next|__pycache__/.test(entry.parentPath))
          .map((entry) => join(entry.parentPath, entry.name))
          .sort()
      : [path];
    for (const file of files)
      hash
        .update(relative(dirname(path), file))
        .update("\0")
        .update(readFileSync(file))
        .update("\0");
  }
  return hash.digest("hex").slice(0, 12);
}
