import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parse } from "yaml";
import { z } from "zod";
import { catalogueOf, type Exploit, type Scenario } from "../exploits/index.ts";
import { BaselineManifest } from "../model/app.ts";
import { Contract } from "../model/contract.ts";
import { Recording } from "../model/session.ts";
import { UserError, unknownName } from "../util/errors.ts";

/** The product's own folder, where scenarios, baselines, references and recordings lie. */
export const PRODUCT = fileURLToPath(new URL("../..", import.meta.url));

export const VERSION: string = (JSON.parse(readFileSync(join(PRODUCT, "package.json"), "utf8")) as { version: string })
  .version;

const foldersIn = (name: string): string[] => {
  const folder = join(PRODUCT, name);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
};

export const scenarioNames = (): string[] => foldersIn("scenarios");
export const baselineNames = (): string[] => foldersIn("baselines");
export const recordingNames = (): string[] => foldersIn("recordings");
export const referenceNames = (): string[] => foldersIn("references");

export async function loadScenario(id: string): Promise<Scenario> {
  const names = scenarioNames();
  if (!names.includes(id)) throw unknownName("scenario", id, names);
  const module = (await import(pathToFileURL(join(PRODUCT, "scenarios", id, "scenario.ts")).href)) as {
    default: Scenario;
  };
  return module.default;
}

export function loadBaseline(id: string): { manifest: BaselineManifest; repository: string } {
  const names = baselineNames();
  if (!names.includes(id)) throw unknownName("baseline", id, names);
  const file = join(PRODUCT, "baselines", id, "baseline.yaml");
  return { manifest: parseYaml(file, BaselineManifest), repository: join(PRODUCT, "baselines", id, "repo") };
}

export function loadRecording(id: string): { recording: Recording; bundle: string } {
  const names = recordingNames();
  if (!names.includes(id)) throw unknownName("recording", id, names);
  const folder = join(PRODUCT, "recordings", id);
  return {
    recording: Recording.parse(JSON.parse(readFileSync(join(folder, "recording.json"), "utf8"))),
    bundle: join(folder, "repository.bundle"),
  };
}

export const CONTRACT_FILE = "unprompted.contract.yaml";

/** The reviewed contract of an app's folder, when there is one. */
export function loadContract(folder: string): Contract | undefined {
  const file = join(folder, CONTRACT_FILE);
  return existsSync(file) ? parseYaml(file, Contract, "bad-contract") : undefined;
}

/** Reads YAML into a schema; a mistake names the file, the place and what was expected. */
export function parseYaml<T>(
  file: string,
  schema: z.ZodType<T>,
  code: "bad-contract" | "bad-study" | "bad-baseline-file" = "bad-study",
): T {
  let value: unknown;
  try {
    value = parse(readFileSync(file, "utf8"));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw missing
      ? new UserError("not-found", `There is no file ${file}.`)
      : new UserError(
          code,
          `${file} is not YAML: ${error instanceof Error ? error.message : String(error)}`,
          "Mend the line that it names.",
        );
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UserError(
    code,
    `${file} is not as it should be:\n${z.prettifyError(parsed.error)}`,
    "Mend the fields named above.",
  );
}

export interface Selection {
  tiers?: readonly number[];
  only?: readonly string[];
}

/** Exploits of a scenario by tier, or by id or slug. Throws UserError("unknown-name") for one that is not there. */
export async function selectExploits(scenario: string, { tiers, only }: Selection): Promise<Exploit[]> {
  const all = await catalogueOf(scenario);
  if (only && only.length > 0) {
    const known = all.flatMap(({ id, slug }) => [id, slug]);
    for (const name of only) if (!known.includes(name)) throw unknownName("exploit", name, known);
    return all.filter(({ id, slug }) => only.includes(id) || only.includes(slug));
  }
  return tiers && tiers.length > 0 ? all.filter(({ tier }) => tiers.includes(tier)) : all;
}
