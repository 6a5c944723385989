import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Guard, Mark } from "../engine/proof.ts";
import { catalogueOf } from "../exploits/index.ts";
import type { SessionIdentity } from "../model/study.ts";
import { PRODUCT } from "./load.ts";

/** Sentences this long are not written twice by chance. */
const TELLING = 60;

/** What guards a session whose agent is really at work: sentences of the catalogue, and the files that decide results. */
export async function guardOf(identity: SessionIdentity, guidance: string | null, sandbox: string): Promise<Guard> {
  const { scenario, baseline } = identity;
  const marks: Mark[] = (await catalogueOf(scenario)).flatMap(({ id, attack, defendedWhen, why }) =>
    [attack, defendedWhen, why]
      // As it stands in JSON and in source alike.
      .filter((words) => words.length >= TELLING && /^[\x20-\x7e]+$/.test(words) && !/["\\]/.test(words))
      .map((words) => ({ words, where: `the catalogue of exploits (${id})` })),
  );
  const fixed = {
    "the prompts": join(PRODUCT, "scenarios", scenario, "prompts"),
    "the catalogue of exploits": join(PRODUCT, "src/exploits", scenario),
    "the baseline": join(PRODUCT, "baselines", baseline),
    "the reference": join(PRODUCT, "references", baseline),
    ...(guidance === null ? {} : { "the instruction file": guidance }),
  };
  return { sandbox, marks, fixed: Object.fromEntries(Object.entries(fixed).filter(([, path]) => existsSync(path))) };
}
