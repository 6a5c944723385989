import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
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
  /** Fingerprint of the app and of all that decides the verdicts. */
  inputs: string;
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

export async function steadinessInputs({ name, kind, baseline }: SteadyApp): Promise<string> {
  const code = await suiteOf(loadBaseline(baseline).manifest.scenario);
  const path = kind === "reference" ? `references/${baseline}/app` : `recordings/${name}/repository.bundle`;
  const hash = createHash("sha256").update(fingerprint([join(PRODUCT, path)]));
  for (const [id, files] of code) hash.update(id).update(files);
  return hash.digest("hex").slice(0, 12);
}

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
    const saved = readSteadiness().find(({ name }) => name === one.name);
    if (options.stale && saved?.inputs === inputs && saved.attacks >= options.attacks) continue;
    const measured = await attackAgain(one, inputs, options);
    out.push(measured);
    if (options.save) {
      const others = readSteadiness().filter(({ name }) => steadyApps().some((app) => app.name === name));
      const apps = [...others.filter(({ name }) => name !== one.name), measured];
      writeJson(FILE, { formatVersion: 1, apps: apps.sort((a, b) => a.name.localeCompare(b.name)) });
    }
    const flips = flipsOf(measured);
    process.stderr.write(
      `${one.name}: ${measured.attacks} attacks, ${measured.underLoad} under load, ${flips.length === 0 ? "no flips" : flips.map(({ id, flips: n }) => `${id} flipped ${n} times`).join(", ")}; ${measured.secondsQuiet} s each, ${measured.secondsUnderLoad} s under load\n`,
    );
  }
  return out;
}

async function attackAgain(one: SteadyApp, inputs: string, options: SteadinessOptions): Promise<Steadiness> {
  const { manifest } = loadBaseline(one.baseline);
  const scenario = await loadScenario(manifest.scenario);
  const exploits = await selectExploits(manifest.scenario, {});
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
