import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { casesOf } from "../engine/calibration.ts";
import type { Defence } from "../model/view.ts";
import type { RunFolder } from "../store/index.ts";
import type { CodeSource } from "../view/index.ts";
import { KeptRepository } from "../workspace/index.ts";
import { PRODUCT, referenceNames } from "./load.ts";

/** Repositories that are kept open; the oldest goes first. */
const OPEN = 12;

interface Opened {
  repository: KeptRepository;
  head: string;
  files: string[];
}

/** The code of a run's sessions, from their bundles, and of the references. `close` removes what was unpacked. */
export function codeSource(run: RunFolder): CodeSource & { close: () => void } {
  const scratch = mkdtempSync(join(realpathSync(tmpdir()), "unprompted-view-"));
  const opened = new Map<string, Promise<Opened>>();
  let folders = 0;
  const bundleOf = (session: string) => join(run.sessionFolder(session), "repository.bundle");
  const open = (session: string): Promise<Opened> | undefined => {
    if (!existsSync(bundleOf(session))) return undefined;
    const known = opened.get(session);
    if (known) return known;
    const [oldest] = opened.keys();
    if (oldest !== undefined && opened.size >= OPEN) opened.delete(oldest);
    const opening = openBundle(bundleOf(session), join(scratch, String(folders++)));
    opened.set(session, opening);
    return opening;
  };
  return {
    async files(session) {
      return (await open(session))?.files ?? [];
    },
    async file(session, path) {
      const one = await open(session);
      return one?.files.includes(path) ? await one.repository.text(one.head, path) : undefined;
    },
    async difference(a, b) {
      const one = await open(a);
      if (!one || !existsSync(bundleOf(b))) return "";
      return await one.repository.difference(one.head, await one.repository.add(bundleOf(b)));
    },
    reference: (baseline, exploit) => ({ baseline, defences: defencesOf(baseline, exploit) }),
    close: () => rmSync(scratch, { recursive: true, force: true }),
  };
}

async function openBundle(bundle: string, folder: string): Promise<Opened> {
  const repository = await KeptRepository.open(bundle, folder);
  const head = await repository.head();
  return { repository, head, files: await repository.changed(await repository.first(), head) };
}

/**
 * Where the reference of a baseline holds a test up, read from the mutants that turn it: what a mutant takes away is
 * what defends. Empty when there is no reference for the baseline.
 */
function defencesOf(baseline: string, exploit: string): Defence[] {
  if (!referenceNames().includes(baseline)) return [];
  return casesOf(join(PRODUCT, "references", baseline))
    .filter(({ kind, turns }) => kind === "mutant" && turns.includes(exploit))
    .flatMap(({ what, patch }) => (patch === null ? [] : defencesIn(what, readFileSync(patch, "utf8"))));
}

const CONTEXT_LINES = 400;

function defencesIn(what: string, patch: string): Defence[] {
  const defences: Defence[] = [];
  let file = "";
  for (const line of patch.split("\n")) {
    if (line.startsWith("--- ")) file = line.replace(/^--- (a\/)?/, "");
    else if (line.startsWith("@@")) {
      const start = Number(/^@@ -(\d+)/.exec(line)?.[1] ?? 0);
      if (start > 0) defences.push({ what, file, line: start, lines: [] });
    } else if (/^[ -]/.test(line)) {
      const lines = defences.at(-1)?.lines;
      if (lines && lines.length < CONTEXT_LINES) lines.push({ text: line.slice(1), holds: line.startsWith("-") });
    } else if (line.startsWith("diff ")) file = "";
  }
  return defences.filter(({ lines }) => lines.some(({ holds }) => holds));
}
