import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { reasonOf } from "../../util/errors.ts";
import { filesEnding } from "../files.ts";
import { OWN_RULES } from "../own-rules.ts";
import { readSarif } from "../sarif.ts";
import { defineScanner, notRun, ran, type ScanContext, type Scanner, type Tool } from "../scanner.ts";
import { commandLine, lastLine, runTool } from "../tool.ts";

const REGISTRY_TIMEOUT_MS = 15_000;
/** The languages of the rules that we ship. */
const OWN_LANGUAGES = /\.(py|[cm]?[jt]sx?)$/;

const scanner: Scanner = defineScanner({
  id: "semgrep",
  title: "Semgrep",
  reads: "source",
  command: "semgrep",
  install: "make scanners brings it, or: uv tool install semgrep",
  versionCommand: "semgrep --version --disable-version-check",
  quick: false,
  async run(context, tool) {
    if (context.target.folder === null) return [notRun(scanner, "needs the app's folder")];
    const sets = context.rules ?? [OWN_RULES.semgrep];
    const local = sets.filter((set) => existsSync(set)).map((set) => resolve(set));
    const remote = sets.filter((set) => !existsSync(set));
    return [
      ...(local.length > 0 ? [await runLocal(context, tool, local, context.target.folder)] : []),
      ...(await Promise.all(remote.map((set) => runRemote(context, tool, set, context.target.folder ?? "")))),
    ];
  },
});
export default scanner;

const words = (tool: Tool, sets: readonly string[], folder: string, out: string) => [
  tool.path,
  "scan",
  ...sets.flatMap((set) => ["--config", set]),
  // Comments and ignore files of the app itself hide nothing; files too large or too deep are named in the output.
  ...["--disable-nosem", "--no-git-ignore", "--metrics", "off", "--disable-version-check", "--jobs", "1"],
  ...["--quiet", "--sarif", "--sarif-output", out, folder],
];

async function runLocal(context: ScanContext, tool: Tool, sets: readonly string[], folder: string) {
  const own = sets.every((set) => set === OWN_RULES.semgrep);
  if (own && filesEnding(folder, OWN_LANGUAGES).length === 0)
    return notRun(scanner, "the rules are for Python, JavaScript and TypeScript, of which the app has no files");
  return await runSets(context, tool, sets, folder, false);
}

/** Why the registry does not give a set of rules; asked first, since Semgrep itself tries for minutes. */
async function registryProblem(set: string): Promise<string | undefined> {
  try {
    const answer = await fetch(`https://semgrep.dev/c/${set}`, { signal: AbortSignal.timeout(REGISTRY_TIMEOUT_MS) });
    await answer.body?.cancel();
    return answer.ok ? undefined : `semgrep.dev answers ${answer.status}`;
  } catch (error) {
    const cause = error instanceof Error && error.cause ? error.cause : error;
    return `semgrep.dev does not answer (${reasonOf(cause)})`;
  }
}

/** A name such as `p/python` is fetched from Semgrep's registry. */
async function runRemote(context: ScanContext, tool: Tool, set: string, folder: string) {
  const problem = await registryProblem(set);
  return problem
    ? notRun(scanner, `the rule set ${set} could not be fetched: ${problem}`)
    : await runSets(context, tool, [set], folder, true);
}

async function runSets(context: ScanContext, tool: Tool, sets: readonly string[], folder: string, network: boolean) {
  const out = join(
    context.scratch,
    `semgrep-${network ? "registry" : "local"}-${sets.join("-").replace(/\W+/g, "-").slice(-60)}.sarif`,
  );
  const finished = await runTool(context, {
    shell: `${commandLine(words(tool, sets, folder, out))} >/dev/null`,
    network,
    readable: network ? [] : sets,
  });
  const failed = finished.exitCode !== 0 && finished.exitCode !== 1;
  if (failed || !existsSync(out)) {
    const why = lastLine(finished);
    return notRun(scanner, network ? `the rule set ${sets[0]} could not be fetched: ${why}` : why);
  }
  const { findings, incomplete } = readSarif(readFileSync(out, "utf8"), folder);
  return ran(scanner, tool, {
    rules: sets.map((set) => (set === OWN_RULES.semgrep ? "unprompted's own Semgrep rules" : set)),
    seconds: finished.durationMs / 1000,
    findings: findings.map((finding) => ({ ...finding, rule: finding.rule.split(".").at(-1) ?? finding.rule })),
    incomplete,
  });
}
