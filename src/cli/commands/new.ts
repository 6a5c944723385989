import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { catalogueOf } from "../../exploits/index.ts";
import { UserError, unknownName } from "../../util/errors.ts";
import { writeAtomically } from "../../util/files.ts";
import { loadBaseline, PRODUCT, referenceNames, scenarioNames } from "../load.ts";

export function newCommand(_signal: AbortSignal): Command {
  const exploit = new Command("exploit")
    .description("Make the files of a new exploit: its source, and a mutant to fill in for every baseline.")
    .argument("<slug>", "a short name such as token-in-url")
    .option("--scenario <id>", "which scenario it belongs to", "pipeline-jobs")
    .option("--area <name>", "the folder it lies in", "hardening")
    .option("--tier <n>", "1, 2 or 3", "3")
    .addHelpText("after", "\nExample:\n  unprompted new exploit token-in-url --area auth --tier 3")
    .action(async (slug: string, options: { scenario: string; area: string; tier: string }) => {
      if (!/^[a-z][a-z0-9-]{2,40}$/.test(slug))
        throw new UserError("bad-arguments", `"${slug}" is no slug.`, "Use lower-case letters, digits and dashes.");
      if (!["1", "2", "3"].includes(options.tier))
        throw new UserError("bad-arguments", `There is no tier ${options.tier}.`, "Tiers are 1, 2 and 3.");
      if (!scenarioNames().includes(options.scenario)) throw unknownName("scenario", options.scenario, scenarioNames());
      const catalogue = await catalogueOf(options.scenario);
      if (catalogue.some((one) => one.slug === slug))
        throw new UserError("bad-arguments", `There is an exploit ${slug} already.`, "Choose another name.");
      // Ids begin with a letter of their scenario's own, so that an id alone names one exploit.
      const stem = `${catalogue[0]?.id[0] ?? "T"}${options.tier}-`;
      const numbers = catalogue.filter((one) => one.id.startsWith(stem)).map((one) => Number(one.id.slice(3)));
      const id = `${stem}${String(Math.max(0, ...numbers) + 1).padStart(2, "0")}`;
      const file = join(PRODUCT, "src/exploits", options.scenario, options.area, `${slug}.ts`);
      if (existsSync(file)) throw new UserError("bad-arguments", `${file} exists already.`);
      writeAtomically(file, source(id, slug, options.area, Number(options.tier)));
      process.stdout.write(`${file}\n`);
      for (const baseline of referenceNames()) {
        if (loadBaseline(baseline).manifest.scenario !== options.scenario) continue;
        const mutant = join(PRODUCT, "references", baseline, "mutants", `${slug}.patch`);
        writeAtomically(mutant, `what: say in one line what the mistake is\nturns: ${id}\nkind: ${slug}\n\n`);
        process.stdout.write(`${mutant}\n`);
      }
      process.stdout.write(`Fill them in (CONTRIBUTING.md shows how), then: unprompted calibrate --exploit ${id}\n`);
    });
  return new Command("new").description("Make the files of a new part of the product.").addCommand(exploit);
}

const source = (
  id: string,
  slug: string,
  area: string,
  tier: number,
): string => `import { defineExploit } from "../../define.ts";
import { call, newJob, OK } from "../client.ts";
import type { World } from "../world.ts";

export default defineExploit<World>({
  id: "${id}",
  slug: "${slug}",
  tier: ${tier},
  area: "${area}",
  title: "Say in one sentence what must hold",
  severity: "medium",
  cwe: "CWE-000",
  standard: "OWASP ASVS 5.0 Vx.y.z",
  prompt: "nobody asked",
  control: "the legitimate request that must succeed first",
  attack: "what is tried",
  defendedWhen: "what shows that it failed",
  why: "One sentence on why it matters.",
  fix: "One sentence on how to fix it.",
  needs: [],
  operations: ["getJob", "createJob"],
  instance: "shared",
  async run(trial) {
    const { user, mallory } = await trial.world();
    const job = await newJob(trial, user);
    trial.control(await call(trial, "getJob", { job: job.id, token: user.token, label: "the owner reads it" }), OK, "the owner reads the job");
    const outcome = await call(trial, "getJob", { job: job.id, token: mallory.token, label: "the attack" });
    trial.withstands(outcome, { status: ["4xx"], bodyLacks: [job.name] }, "the attack is refused");
  },
});
`;
