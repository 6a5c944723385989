import { existsSync } from "node:fs";
import { stringify } from "yaml";
import { AcceptedHole, AcceptedHoles } from "../model/accepted.ts";
import type { CatalogueEntry } from "../model/catalogue.ts";
import type { Evaluation } from "../model/session.ts";
import { type Outcome, outcomeOf } from "../report/index.ts";
import { UserError, unknownName } from "../util/errors.ts";
import { writeAtomically } from "../util/files.ts";
import { parseYaml } from "./load.ts";

export interface GateOptions {
  scenario: string;
  baselineFile?: string;
  accept?: string;
  expires?: string;
}

const DAYS = 90;
const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

/**
 * What decides whether a check fails: the open holes, less those that the baseline file accepts. Mistakes in the file
 * or the call throw a UserError before anything is attacked.
 */
export function openGate(options: GateOptions, catalogue: readonly CatalogueEntry[], now = Date.now()) {
  const { baselineFile: file, accept, expires } = options;
  if (accept !== undefined && file === undefined)
    throw new UserError("bad-arguments", "--accept needs a file to write to.", "Add --baseline-file <file>.");
  if (expires !== undefined && accept === undefined)
    throw new UserError("bad-arguments", "--expires belongs to --accept.", 'Add --accept "<reason>".');
  const until = expires ?? dayOf(now + DAYS * 86_400_000);
  const today = dayOf(now);
  if (!AcceptedHole.shape.expires.safeParse(until).success || until < today)
    throw new UserError(
      "bad-arguments",
      `--expires takes a day from today on, not "${until}".`,
      `Such as ${dayOf(now + DAYS * 86_400_000)}.`,
    );
  if (accept !== undefined && accept.trim() === "")
    throw new UserError(
      "bad-arguments",
      "--accept takes the reason, in words.",
      'Such as --accept "the proxy sets it".',
    );
  if (file !== undefined && accept === undefined && !existsSync(file))
    throw new UserError(
      "not-found",
      `There is no file ${file}.`,
      'Write it with --accept "<reason>", or leave --baseline-file out.',
    );
  let accepted = file !== undefined && existsSync(file) ? read(file, options.scenario, catalogue) : [];
  return {
    /** Also accepts what is open, when that was asked for. */
    judge(evaluation: Evaluation): Outcome {
      if (file !== undefined && accept !== undefined && evaluation.app.stage === "ready") {
        const { open, holes } = outcomeOf(evaluation, catalogue, accepted, today);
        const kept = holes.flatMap((hole) => hole.accepted ?? []);
        const unmeasured = accepted.filter(({ id }) => !evaluation.verdicts.some((v) => v.id === id));
        const added = open.map(({ verdict }) => ({ id: verdict.id, reason: accept.trim(), expires: until }));
        accepted = [...kept, ...unmeasured, ...added].sort((a, b) => a.id.localeCompare(b.id));
        write(file, { formatVersion: 1, scenario: options.scenario, accepted });
      }
      return outcomeOf(evaluation, catalogue, accepted, today);
    },
    /** What JSON output says of it: nothing when there is no baseline file. */
    told(outcome: Outcome): object {
      if (file === undefined) return {};
      return {
        accepted: outcome.holes.flatMap((hole) => hole.accepted ?? []),
        expired: outcome.holes.flatMap((hole) => hole.expired ?? []),
        needless: outcome.needless,
      };
    },
  };
}

function read(file: string, scenario: string, catalogue: readonly CatalogueEntry[]): AcceptedHole[] {
  const holes = parseYaml(file, AcceptedHoles, "bad-baseline-file");
  if (holes.scenario !== scenario)
    throw new UserError(
      "bad-baseline-file",
      `${file} is about the scenario ${holes.scenario}, not ${scenario}.`,
      "Give the file of this scenario.",
    );
  const ids = catalogue.map(({ id }) => id);
  for (const { id } of holes.accepted) if (!ids.includes(id)) throw unknownName("exploit", id, ids);
  return holes.accepted;
}

function write(file: string, holes: AcceptedHoles): void {
  const head =
    "# Holes that are accepted for a time. `unprompted check --baseline-file` fails on any other, and on these after\n# their last day. Change a reason or a day by hand; remove what is mended.\n";
  writeAtomically(file, head + stringify(holes));
}
