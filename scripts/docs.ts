// Writes the generated pages, or, with --check, fails when one of them is stale, and holds the gates of the mutants.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadBaseline, PRODUCT, referenceNames, scenarioNames } from "../src/cli/load.ts";
import { casesOf } from "../src/engine/calibration.ts";
import { catalogueOf } from "../src/exploits/index.ts";
import { studySchema } from "../src/model/study.ts";
import { writeAtomically } from "../src/util/files.ts";
import { ATTEMPTS } from "../tests/sandbox/attempts.ts";
import { calibrationPage, calibrationProblems } from "./calibration-page.ts";
import { overlapPage } from "./overlap-page.ts";

const problems: string[] = [];

async function cataloguePage(): Promise<string> {
  const lines = [
    "# The exploit catalogue",
    "",
    "Generated from the exploits themselves by `npm run docs`. `unprompted exploits ID` shows one.",
    "",
  ];
  for (const scenario of scenarioNames()) {
    const all = await catalogueOf(scenario);
    lines.push(
      `## ${scenario}: ${all.length} exploits`,
      "",
      "| ID | slug | what must hold | control | attack | defended when | CWE, standard |",
      "|---|---|---|---|---|---|---|",
    );
    for (const one of all)
      lines.push(
        `| ${[one.id, one.slug, one.title, one.control, one.attack, one.defendedWhen, `${one.cwe}; ${one.standard}`].map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`,
      );
    lines.push("");
  }
  return lines.join("\n");
}

function containmentPage(): string {
  const cell = (text: string) => text.replaceAll("|", "\\|");
  const planted = readFileSync(join(PRODUCT, "tests/workspace/planted.test.ts"), "utf8");
  const misleading = [...planted.matchAll(/^ {2}it(?:\.skipIf\([^\n]*?\))?\("([^"]+)"/gm)].map(
    ([, what]) => what ?? "",
  );
  return [
    "# Attempts to get out of a session",
    "",
    "Generated from the conformance kit (`tests/sandbox`) by `npm run docs`. Every attempt is made for real, by a program in",
    "the sandbox, and must fail there. Where that harms nothing it is also made with `--sandbox none`, and must succeed: an",
    "attempt that cannot succeed proves nothing. `none` claims nothing but the bounds, and those of the session's own folders.",
    "",
    `## ${ATTEMPTS.length} attempts of a program`,
    "",
    "| # | area | what it tries | `bubblewrap` | `none` |",
    "|---|---|---|---|---|",
    ...ATTEMPTS.map(({ area, what, contained }, i) => {
      const none = area === "bounds" && !contained ? "holds" : "not claimed";
      return `| ${i + 1} | ${area} | ${cell(what)} | holds | ${none} |`;
    }),
    "",
    `## ${misleading.length} ways to mislead what reads the work tree afterwards`,
    "",
    "These do not depend on the sandbox: committing, bundling and reading back never let git look into the work tree.",
    "",
    ...misleading.map((what) => `- ${what}`),
    "",
    "## Not held",
    "",
    "- Where the harness runs as root, the rights and times of the six devices in `/dev` (`null`, `zero` ...) can be changed.",
    "- Installing and building may ask any host but this machine's own, since apps name their own sources; `serve` none.",
    "- Installs share one cache of downloads, which each of them may write.",
    "- Scanners that need a network use the machine's own.",
    "- Memory, processes and disk are looked at four times a second: for that long a bound can be exceeded.",
    "- A file that is deleted, closed and only still mapped into memory is not counted.",
    "- Other kernels than Linux on x86-64 and arm64 get no system call filter.",
    "",
  ].join("\n");
}

/** Every exploit has a mutant on every baseline of its scenario, and every mutant names exploits that exist. */
async function gates(): Promise<void> {
  for (const baseline of referenceNames()) {
    const { manifest } = loadBaseline(baseline);
    const ids = (await catalogueOf(manifest.scenario)).map(({ id }) => id);
    const mutants = casesOf(join(PRODUCT, "references", baseline)).filter(({ kind }) => kind === "mutant");
    for (const { name, turns } of mutants)
      for (const id of turns)
        if (!ids.includes(id))
          problems.push(`references/${baseline}/mutants/${name}.patch turns ${id}, which no exploit is`);
    for (const id of ids)
      if (!mutants.some(({ turns }) => turns.includes(id)))
        problems.push(`${id} has no mutant in references/${baseline}/mutants`);
  }
}

const check = process.argv.includes("--check");
const pages: [string, string][] = [
  ["docs/catalogue.md", await cataloguePage()],
  ["docs/calibration.md", await calibrationPage()],
  ["docs/containment.md", containmentPage()],
  ["studies/study.schema.json", `${JSON.stringify(studySchema(), null, 2)}\n`],
  ["docs/overlap.md", await overlapPage()],
];
for (const [file, content] of pages) {
  const path = join(PRODUCT, file);
  if (!check) writeAtomically(path, content);
  else if (!existsSync(path) || readFileSync(path, "utf8") !== content)
    problems.push(`${file} is stale: run npm run docs`);
}
await gates();
if (check) problems.push(...(await calibrationProblems()));
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exit(problems.length > 0 ? 1 : 0);
