import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { replay } from "../agents/replay.ts";
import { type PreparedApp, prepareApp } from "../app/index.ts";
import { fingerprint, layOut } from "../engine/calibration.ts";
import { evaluate } from "../engine/index.ts";
import type { VerdictKind } from "../model/verdict.ts";
import { chooseSandbox, type SandboxName } from "../sandbox/index.ts";
import { writeJson } from "../util/files.ts";
import { suiteOf } from "./calibration-files.ts";
import {
  loadBaseline,
  loadRecording,
  loadScenario,
  PRODUCT,
  recordingNames,
  referenceNames,
  selectExploits,
} from "./load.ts";

/** One app that is attacked again and again. */
export interface SteadyApp {
  name: string;
  kind: "reference" | "recording";
  baseline: string;
}

/** How often each exploit gave which verdict on one app. */
export interface Steadiness extends SteadyApp {
  attacks: number;
  /** How many of the attacks ran beside two busy loops for each core. */
  underLoad: number;
  verdicts: Record<string, Partial<Record<VerdictKind, number>>>;
  /** For each exploit, a fingerprint of the app and of all that decides its verdict. */
  inputs: Record<string, string>;
  /** Mean length of an attack. */
  secondsQuiet: number;
  secondsUnderLoad: number;
}

const FILE = join(PRODUCT, "docs/calibration/steadiness.json");

export const readSteadiness = (): Steadiness[] =>
  existsSync(FILE) ? (JSON.parse(readFileSync(FILE, "utf8")) as { apps: Steadiness[] }).apps : [];

/** Exploits whose verdict was not the same each time; every attack that differs from the commonest is a flip. */
export const flipsOf = ({ verdicts }: Steadiness): { id: string; flips: number }[] =>
  Object.entries(verdicts)
    .map(([id, counts]) => {
      const each = Object.values(counts);
      return { id, flips: each.reduce((sum, n) => sum + n, 0) - Math.max(...each) };
    })
    .filter(({ flips }) => flips > 0);

/** Every reference and every recording. */
export const steadyApps = (): SteadyApp[] => [
  ...referenceNames().map((baseline): SteadyApp => ({ name: `${baseline} reference`, kind: "reference", baseline })),
  ...recordingNames().map(
    (name): SteadyApp => ({ name, kind: "recording", baseline: loadRecording(name).recording.baseline }),
  ),
];

export async function steadinessInputs({ name, kind, baseline }: SteadyApp): Promise<Record<string, string>> {
  const code = await suiteOf(loadBaseline(baseline).manifest.scenario);
  const path = kind === "reference" ? `references/${baseline}/app` : `recordings/${name}/repository.bundle`;
  const app = fingerprint([join(PRODUCT, path)]).slice(0, 8);
  return Object.fromEntries([...code].map(([id, files]) => [id, `${files.slice(0, 8)}${app}`]));
}

/** The exploits that were counted when they, or the app, were not what they are now. */
export const staleCounts = (saved: Steadiness, now: Readonly<Record<string, string>>): string[] =>
  Object.keys(saved.verdicts).filter((id) => saved.inputs[id] !== now[id]);

export interface SteadinessOptions {
  attacks: number;
  baseline?: string[];
  /** Leave out apps whose saved counts are current. */
  stale: boolean;
  save: boolean;
  sandbox: SandboxName;
  signal: AbortSignal;
}

/** Attacks every app `attacks` times, every second time under load. Results are kept app by app with `save`. */
export async function measureSteadiness(options: SteadinessOptions): Promise<Steadiness[]> {
  const out: Steadiness[] = [];
  for (const one of steadyApps()) {
    if (options.baseline?.length && !options.baseline.includes(one.baseline)) continue;
    const inputs = await steadinessInputs(one);
    const saved = options.stale ? readSteadiness().find(({ name }) => name === one.name) : undefined;
    const known = saved && saved.attacks >= options.attacks ? saved : undefined;
    const due = Object.keys(inputs).filter((id) => known?.inputs[id] !== inputs[id]);
    if (due.length === 0) continue;
    const measured = together(known, await attackAgain(one, inputs, due, options));
    out.push(measured);
    if (options.save) {
      const others = readSteadiness().filter(({ name }) => steadyApps().some((app) => app.name === name));
      const apps = [...others.filter(({ name }) => name !== one.name), measured];
      writeJson(FILE, { formatVersion: 2, apps: apps.sort((a, b) => a.name.localeCompare(b.name)) });
    }
    const flips = flipsOf(measured);
    process.stderr.write(
      `${one.name}: ${measured.attacks} attacks, ${measured.underLoad} under load, ${flips.length === 0 ? "no flips" : flips.map(({ id, flips: n }) => `${id} flipped ${n} times`).join(", ")}; ${measured.secondsQuiet} s each, ${measured.secondsUnderLoad} s under load\n`,
    );
  }
  return out;
}

/** Counts that are still current beside those made now. How long an attack takes is told by whole attacks only. */
function together(known: Steadiness | undefined, now: Steadiness): Steadiness {
  if (!known) return now;
  const kept = Object.keys(known.verdicts).filter((id) => now.inputs[id] === known.inputs[id]);
  const { secondsQuiet, secondsUnderLoad } = kept.length > 0 ? known : now;
  const verdicts = { ...Object.fromEntries(kept.map((id) => [id, known.verdicts[id] ?? {}])), ...now.verdicts };
  return {
    ...now,
    secondsQuiet,
    secondsUnderLoad,
    verdicts: Object.fromEntries(Object.entries(verdicts).sort(([a], [b]) => a.localeCompare(b))),
  };
}

async function attackAgain(
  one: SteadyApp,
  inputs: Record<string, string>,
  due: readonly string[],
  options: SteadinessOptions,
): Promise<Steadiness> {
  const { manifest } = loadBaseline(one.baseline);
  const scenario = await loadScenario(manifest.scenario);
  const exploits = await selectExploits(manifest.scenario, { only: [...due] });
  const verdicts: Steadiness["verdicts"] = {};
  const seconds = { quiet: 0, loaded: 0 };
  const { app, remove } = await prepared(one, options);
  try {
    for (let i = 0; i < options.attacks; i++) {
      options.signal.throwIfAborted();
      const loaded = i % 2 === 1;
      const load = loaded ? busyLoops() : [];
      const started = performance.now();
      try {
        const { verdicts: got } = await evaluate({
          target: { app },
          report: app.report,
          scenario,
          exploits,
          functional: false,
          signal: options.signal,
        });
        for (const { id, verdict } of got) {
          verdicts[id] ??= {};
          verdicts[id][verdict] = (verdicts[id][verdict] ?? 0) + 1;
        }
      } finally {
        for (const loop of load) loop.kill("SIGKILL");
      }
      seconds[loaded ? "loaded" : "quiet"] += (performance.now() - started) / 1000;
      process.stderr.write(`${one.name}: attack ${i + 1}/${options.attacks}${loaded ? " under load" : ""}\n`);
    }
  } finally {
    await app.dispose();
    remove();
  }
  const underLoad = Math.floor(options.attacks / 2);
  const mean = (sum: number, n: number) => (n === 0 ? 0 : Math.round((sum / n) * 10) / 10);
  return {
    ...one,
    attacks: options.attacks,
    underLoad,
    verdicts,
    inputs,
    secondsQuiet: mean(seconds.quiet, options.attacks - underLoad),
    secondsUnderLoad: mean(seconds.loaded, underLoad),
  };
}

/** What a replay has no use for. */
const nothingAsked = {
  prompt: "",
  budget: { usd: undefined, tokens: undefined },
  conversation: null,
  onEvent: () => {},
  onRaw: () => {},
};

async function prepared(
  { name, kind, baseline }: SteadyApp,
  { sandbox: wanted, signal }: SteadinessOptions,
): Promise<{ app: PreparedApp; remove: () => void }> {
  const { sandbox } = chooseSandbox(wanted);
  const recipe = loadBaseline(baseline).manifest;
  if (kind === "reference") {
    const { folder, remove } = layOut(join(PRODUCT, "references", baseline), null);
    return { app: await prepareApp({ name, folder, recipe, sandbox, signal }), remove };
  }
  const scratch = mkdtempSync(join(realpathSync(tmpdir()), "unprompted-steady-"));
  const { recording, bundle } = loadRecording(name);
  const agent = await replay(recording, bundle, scratch);
  const workTree = join(scratch, "tree");
  await agent.prepare(workTree);
  const step = Math.max(...recording.commits.map((commit) => commit.step));
  await agent.run({ step, ...nothingAsked, workTree, timeoutMs: 60_000, signal });
  const app = await prepareApp({ name, folder: workTree, recipe, sandbox, signal });
  return { app, remove: () => rmSync(scratch, { recursive: true, force: true }) };
}

const busyLoops = (): ChildProcess[] =>
  Array.from({ length: 2 * availableParallelism() }, () =>
    spawn(process.execPath, ["-e", "for(;;);"], { stdio: "ignore" }),
  );
