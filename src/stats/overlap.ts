import type { Finding, ScannerRun } from "../model/scan.ts";
import { fits } from "./cwe.ts";

/** A hole that an exploit proved. */
export interface Hole {
  exploit: string;
  cwe: string;
  /** Where it is known to lie; null when only the exploit's requests are known. */
  files: readonly string[] | null;
  /** Paths of requests that showed it, such as `/auth/login`. */
  paths: readonly string[];
}

/** How a finding points at a hole. `CWE alone`: the file of the hole is not known, so it may be about another place. */
export type How = "file and CWE" | "URL" | "CWE alone";

export interface Pointer {
  scanner: string;
  finding: Finding;
  how: How;
}

export interface Overlap {
  /** Each hole with what pointed at it. */
  holes: { hole: Hole; pointers: Pointer[] }[];
  /** Findings that point at no proven hole. They may be right all the same: no exploit supports them. */
  unsupported: { scanner: string; finding: Finding }[];
}

/** Sets scanners' findings against proven holes. Scanners that did not run are in neither list. */
export function overlapOf(holes: readonly Hole[], runs: readonly ScannerRun[]): Overlap {
  const said = runs.flatMap((run) =>
    run.state === "ran" ? run.findings.map((finding) => ({ scanner: run.scanner, finding })) : [],
  );
  const out = holes.map((hole) => ({
    hole,
    pointers: said.flatMap(({ scanner, finding }): Pointer[] => {
      const how = pointsAt(finding, hole);
      return how ? [{ scanner, finding, how }] : [];
    }),
  }));
  const used = new Set(out.flatMap(({ pointers }) => pointers.map(({ finding }) => finding)));
  return { holes: out, unsupported: said.filter(({ finding }) => !used.has(finding)) };
}

/** Same file and a fitting CWE; or same URL, where a CWE that the finding names must fit as well. */
export function pointsAt(finding: Finding, hole: Hole): How | undefined {
  const fitting = finding.cwe.some((cwe) => fits(hole.cwe, cwe));
  if (finding.url !== null) {
    const path = finding.url.split(" ").at(-1)?.split("?")[0] ?? "";
    if (hole.paths.includes(path)) return fitting || finding.cwe.length === 0 ? "URL" : undefined;
    return fitting ? "CWE alone" : undefined;
  }
  if (!fitting) return undefined;
  if (hole.files === null) return "CWE alone";
  return finding.file !== null && hole.files.includes(finding.file) ? "file and CWE" : undefined;
}
