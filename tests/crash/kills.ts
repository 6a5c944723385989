import { execFileSync, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { placeOf } from "../../src/cli/study.ts";
import { TranscriptLine } from "../../src/model/agent.ts";
import { RunFolder } from "../../src/store/index.ts";
import { seededRandom } from "../../src/util/random.ts";

const BIN = fileURLToPath(new URL("../../bin/unprompted.js", import.meta.url));
const AGENT = fileURLToPath(new URL("agent.sh", import.meta.url));

/** What is killed: two agents at their six steps, or the way from a finished session to its verdicts and choices. */
export type Stage = "work" | "evaluation";

/** Sessions of one baseline, for each condition. */
const AGENTS: Record<Stage, string> = {
  work: `  - { id: first, kind: command, command: [${AGENT}] }
  - { id: second, kind: command, command: [${AGENT}], prompt: argument }`,
  evaluation: "  - { id: recorded, kind: replay, recordings: { express-jobs: express-jobs-a } }",
};

const STUDY = (stage: Stage, conditions: readonly string[]) => `id: kills
scenario: pipeline-jobs
baselines: [express-jobs]
agents:
${AGENTS[stage]}
conditions:
${conditions.map((one) => `  - { id: ${one}${one === "bare" ? "" : `, guidance: ${one}`} }`).join("\n")}
`;

/** A place for studies that are killed, and a word that marks every process that comes of them. */
export class Arena {
  readonly folder = mkdtempSync(join(realpathSync(tmpdir()), "unprompted-kills-"));
  readonly stage: Stage;
  readonly #study = join(this.folder, "study.yaml");
  /** Stands first on PATH, which every process inherits. */
  readonly #mark = join(this.folder, "bin");

  constructor(stage: Stage, conditions: readonly string[]) {
    this.stage = stage;
    for (const name of ["bin", "tmp"]) mkdirSync(join(this.folder, name));
    writeFileSync(this.#study, STUDY(stage, conditions));
  }

  /** Runs the study to its end, or until it is killed after so many milliseconds. */
  async run(out: string, killAfterMs?: number): Promise<{ killed: boolean; said: string }> {
    const args = [
      "--disable-warning=ExperimentalWarning",
      BIN,
      "run",
      this.#study,
      ...(this.stage === "work" ? ["--only", "work"] : ["--scanners", "none"]),
      "--jobs",
      "4",
      "--out",
      out,
    ];
    const child = spawn(process.execPath, args, {
      env: { ...process.env, PATH: `${this.#mark}:${process.env["PATH"] ?? ""}`, TMPDIR: join(this.folder, "tmp") },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.on("data", (chunk) => {
      said += chunk;
    });
    const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfterMs);
    const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
      child.once("close", (...ended) => resolve(ended)),
    );
    clearTimeout(timer);
    if (signal !== "SIGKILL" && code !== 0) throw new Error(`the run ended with ${code}:\n${said}`);
    return { killed: signal === "SIGKILL", said };
  }

  /** Processes that a run left behind, with their arguments. */
  orphans(): string[] {
    return readdirSync("/proc").flatMap((pid) => {
      if (!/^\d+$/.test(pid)) return [];
      try {
        const marked = readFileSync(`/proc/${pid}/environ`, "latin1").includes(this.#mark);
        return marked
          ? [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").slice(0, 200)}`]
          : [];
      } catch {
        return [];
      }
    });
  }

  /** What runs left of temporary files and sockets, of mounts, and of the places where a run's sessions worked. */
  leftovers(out: string): string[] {
    // Node's own cache of compiled code is meant to stay.
    const temporary = readdirSync(join(this.folder, "tmp")).filter((name) => name !== "node-compile-cache");
    const run = RunFolder.open(out);
    const places = run
      .sessionIds()
      .map((id) => placeOf(run, id))
      .filter((place) => existsSync(place));
    const mounts = readFileSync("/proc/self/mounts", "utf8")
      .split("\n")
      .filter((line) => line.includes(this.folder));
    const sockets = readFileSync("/proc/net/unix", "utf8")
      .split("\n")
      .filter((line) => line.includes(this.folder));
    return [...temporary, ...places, ...mounts, ...sockets];
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** All that a finished run says about its sessions, but for times and for commit ids, which hold times. */
export function outcomeOf(out: string): Record<string, unknown> {
  const run = RunFolder.open(out);
  return Object.fromEntries(
    run.sessionIds().map((id) => {
      const record = run.record(id);
      const folder = run.sessionFolder(id);
      return [
        id,
        {
          state: record?.state,
          problem: record?.problem,
          breaches: record?.proof?.breaches,
          steps: record?.steps.map(({ step, filesChanged, linesAdded, ended, attempts, prompt, commit }) => ({
            ...{ step, filesChanged, linesAdded, ended, attempts, prompt },
            tree: treeOf(join(folder, "repository.bundle"), commit),
            diff: readFileSync(join(folder, "steps", String(step), "diff.patch"), "utf8"),
            said: saidIn(join(folder, "steps", String(step), "transcript.ndjson")),
          })),
          ...verdictsOf(run, id),
        },
      ];
    }),
  );
}

/** What an agent said; nothing of a replay. */
const saidIn = (transcript: string) =>
  existsSync(transcript)
    ? readFileSync(transcript, "utf8")
        .trim()
        .split("\n")
        .map((line) => TranscriptLine.parse(JSON.parse(line)).event)
    : [];

/** Verdicts, features and choices of an evaluated session. */
function verdictsOf(run: RunFolder, id: string) {
  const evaluation = run.evaluation(id);
  return {
    verdicts: evaluation?.verdicts.map((one) => `${one.id} ${one.verdict}`),
    functional: evaluation?.functional.map((one) => `${one.id} ${one.ok}`).sort(),
    decisions: evaluation?.decisions.map(({ topic, choice, file, line, step }) => ({
      topic,
      choice,
      file,
      line,
      step,
    })),
  };
}

/** The id of a commit's tree: the same for the same files. */
function treeOf(bundle: string, commit: string): string {
  const folder = mkdtempSync(join(tmpdir(), "tree-"));
  const git = (...args: string[]) =>
    execFileSync("git", [`--git-dir=${folder}`, ...args], { encoding: "utf8", stdio: "pipe" });
  try {
    git("init", "-q", "--bare");
    git("fetch", "-q", bundle, "+refs/heads/*:refs/heads/*");
    return git("rev-parse", `${commit}^{tree}`).trim();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface Killed {
  kills: number;
  studies: number;
  sessions: number;
  /** Sessions whose outcome differs from the undisturbed run's, by study. */
  different: string[];
  orphans: string[];
  leftovers: string[];
}

/**
 * Runs studies, kills each at moments that the seed decides, and goes on with it until it is done; then begins the
 * next, until there were so many kills. Compares every study with one that nobody disturbed.
 */
export async function killOften(
  arena: Arena,
  kills: number,
  seed: number,
  tell: (text: string) => void = () => {},
): Promise<Killed> {
  const random = seededRandom(seed);
  const undisturbed = join(arena.folder, "undisturbed");
  const begun = performance.now();
  await arena.run(undisturbed);
  const lasted = performance.now() - begun;
  const expected = outcomeOf(undisturbed);
  const result: Killed = { kills: 0, studies: 0, sessions: 0, different: [], orphans: [], leftovers: [] };
  while (result.kills < kills) {
    const out = join(arena.folder, `study-${result.studies}`);
    for (let done = false; !done; ) {
      // Agents at work go on step by step: a third of a run lets each study be killed a few times. An evaluation begins anew.
      const within = arena.stage === "work" ? lasted / 3 : lasted;
      const after = result.kills < kills ? random() * within : undefined;
      const { killed } = await arena.run(out, after);
      done = !killed;
      if (killed) tell(`kill ${++result.kills} of ${kills}, after ${Math.round(after ?? 0)} ms`);
    }
    result.studies++;
    const got = outcomeOf(out);
    for (const id of new Set([...Object.keys(expected), ...Object.keys(got)])) {
      result.sessions++;
      if (JSON.stringify(got[id]) !== JSON.stringify(expected[id])) result.different.push(`${out}: ${id}`);
    }
    result.orphans.push(...arena.orphans());
    result.leftovers.push(...arena.leftovers(out));
  }
  return result;
}
