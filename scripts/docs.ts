// Writes the generated pages, or, with --check, fails when one of them is stale, and holds the gates of the mutants.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadBaseline, PRODUCT, referenceNames, scenarioNames } from "../src/cli/load.ts";
import { casesOf } from "../src/engine/calibration.ts";
import { catalogueOf } from "../src/exploits/index.ts";
import { writeAtomically } from "../src/util/files.ts";
import { calibrationPage, calibrationProblems } from "./calibration-page.ts";

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
