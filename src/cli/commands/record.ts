import { copyFileSync, existsSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { Command } from "commander";
import { AGENT_KINDS } from "../../agents/index.ts";
import type { Provenance, Recording, SessionRecord } from "../../model/session.ts";
import { RunFolder } from "../../store/index.ts";
import { UserError, unknownName } from "../../util/errors.ts";
import { makeFolder, writeJson } from "../../util/files.ts";
import { removeTree } from "../../util/scratch.ts";
import { KeptRepository } from "../../workspace/index.ts";
import { PRODUCT } from "../load.ts";

interface Options {
  run?: string;
  as?: string;
  out: string;
  note?: string;
}

export function recordCommand(_signal: AbortSignal): Command {
  return new Command("record")
    .description("Turn a finished session into a recording, which can be replayed and attacked without any model.")
    .argument("<session>", "a session's folder; with --run its id, or how that begins")
    .option("--run <folder>", "the run that it belongs to")
    .option("--as <name>", "the recording's name (baseline, agent, condition and replicate)")
    .option("--out <folder>", "where recordings are kept", join(PRODUCT, "recordings"))
    .option("--note <text>", "what else should be known about how it came about")
    .addHelpText(
      "after",
      "\nExamples:\n  unprompted record runs/october/sessions/fastapi-jobs.claude.bare.1-0f3a2c\n  unprompted record fastapi-jobs.claude --run runs/october --as fastapi-jobs-c",
    )
    .action(async (session: string, options: Options) => {
      const { run, record } = sessionNamed(session, options.run);
      const recording = recordingOf(record, (step) => run.closingMessage(record.identity.id, step), options);
      const folder = join(options.out, recording.id);
      if (existsSync(folder))
        throw new UserError("bad-arguments", `There is a recording ${folder} already.`, "Give another name with --as.");
      const bundle = join(run.sessionFolder(record.identity.id), "repository.bundle");
      await checkBundle(bundle, recording);
      makeFolder(folder);
      try {
        copyFileSync(bundle, join(folder, "repository.bundle"));
        writeJson(join(folder, "recording.json"), recording);
      } catch (error) {
        rmSync(folder, { recursive: true, force: true });
        throw error;
      }
      process.stdout.write(
        `${folder}: ${recording.commits.length - 1} steps, made by ${recording.provenance.madeBy}.\nIn a study: agents: [{ id: recorded, kind: replay, recordings: { ${recording.baseline}: ${recording.id} } }]\n`,
      );
    });
}

function sessionNamed(name: string, folder: string | undefined): { run: RunFolder; record: SessionRecord } {
  const path = resolve(name);
  const inRun = folder ?? dirname(dirname(path));
  const run = RunFolder.open(inRun);
  const ids = run.sessionIds();
  const wanted = folder === undefined ? basename(path) : name;
  const found = ids.includes(wanted) ? [wanted] : ids.filter((id) => id.startsWith(wanted));
  if (found.length === 0) throw unknownName("session", wanted, ids);
  if (found.length > 1)
    throw new UserError("bad-arguments", `${found.length} sessions begin with ${wanted}: ${found.join(", ")}.`);
  const record = run.record(found[0] ?? "");
  if (!record) throw new UserError("unreadable-run", `The session ${found[0]} cannot be read.`);
  return { run, record };
}

/** What will be kept of a session for ever. Throws UserError for one that is no honest record of an agent's work. */
function recordingOf(
  record: SessionRecord,
  closingMessage: (step: number) => string | null,
  options: Options,
): Recording {
  const { identity, provenance, proof, steps, state } = record;
  const refuse = (why: string, remedy: string) => new UserError("bad-arguments", `${identity.id} ${why}.`, remedy);
  if (provenance === null || !["worked", "evaluated", "failed"].includes(state))
    throw refuse(`is not finished: it is ${state}`, "Run the study again; it goes on where it was.");
  if (identity.agentKind === "replay")
    throw refuse(`replays the recording ${identity.recording}`, "Record a session in which an agent worked.");
  const breaches = proof?.breaches ?? [];
  if (breaches.length > 0) throw refuse(`is left out of averages (${breaches[0]})`, "Record another one.");
  const { baseline, scenario, agent, condition, replicate } = identity;
  const conditions = condition === "bare" ? [] : [`Condition: ${condition}.`];
  return {
    formatVersion: 1,
    id: options.as ?? `${baseline}-${agent}-${condition}-${replicate}`,
    baseline,
    scenario,
    provenance: {
      ...provenance,
      madeBy: honestName(provenance),
      notes: [provenance.notes, ...conditions, record.cutShort ?? "", options.note ?? ""].filter(Boolean).join(" "),
    },
    commits: [
      { step: 0, commit: provenance.baselineCommit, durationSeconds: null, closingMessage: null },
      ...steps.map(({ step, commit, durationSeconds }) => ({
        step,
        commit,
        durationSeconds,
        closingMessage: closingMessage(step),
      })),
    ],
  };
}

/** A product is named only where its own adapter ran it: a study may call any program by any name. */
function honestName({ agent, madeBy }: Provenance): string {
  if (agent !== null && agent.kind in AGENT_KINDS) return madeBy;
  return `a program driven as \`${agent?.kind ?? "unknown"}\``;
}

/** Every commit that the recording names must be in the bundle. */
async function checkBundle(bundle: string, recording: Recording): Promise<void> {
  if (!existsSync(bundle)) throw new UserError("unreadable-run", `${bundle} is missing.`);
  const scratch = mkdtempSync(join(realpathSync(tmpdir()), "record-"));
  try {
    const kept = await KeptRepository.open(bundle, scratch);
    for (const { commit } of recording.commits) await kept.checkOut(commit, join(scratch, "tree"));
  } finally {
    removeTree(scratch);
  }
}
