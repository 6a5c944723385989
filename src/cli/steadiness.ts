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

/**
 * Attacks every app `attacks` times, every second time under load. With `save` each attack with all exploits is kept as it
 * ends, so that a run that is cut off goes on with `stale` where it stopped; exploits that have changed since are counted
 * anew, and kept once they are counted as often as the others.
 */
export async function measureSteadiness(options: SteadinessOptions): Promise<Steadiness[]> {
  const out: Steadiness[] = [];
  for (const one of steadyApps()) {
    if (options.baseline?.length && !options.baseline.includes(one.baseline)) continue;
    const inputs = await steadinessInputs(one);
    const known = options.stale ? readSteadiness().find(({ name }) => name === one.name) : undefined;
    const due = Object.keys(inputs).filter((id) => known?.inputs[id] !== inputs[id]);
    if (known && due.length === 0 && known.attacks >= options.attacks) continue;
    const keep = options.save ? save : () => {};
    const measured =
      known && (due.length === 0 || known.attacks >= options.attacks)
        ? await measureRest(one, known, inputs, due, options, keep)
        : await attackAgain(one, nothingYet(one, inputs), Object.keys(inputs), options.attacks, options, keep);
    out.push(measured);
    const flips = flipsOf(measured);
    process.stderr.write(
      `${one.name}: ${measured.attacks} attacks, ${measured.underLoad} under load, ${flips.length === 0 ? "no flips" : flips.map(({ id, flips: n }) => `${id} flipped ${n} times`).join(", ")}; ${measured.secondsQuiet} s each, ${measured.secondsUnderLoad} s under load\n`,
    );
  }
  return out;
}

/** What lacks of an app that was measured before: further attacks, or the exploits that have changed since. */
async function measureRest(
  one: SteadyApp,
  known: Steadiness,
  inputs: Record<string, string>,
  due: readonly string[],
  options: SteadinessOptions,
  keep: (counted: Steadiness) => void,
): Promise<Steadiness> {
  if (due.length === 0) return await attackAgain(one, known, Object.keys(inputs), options.attacks, options, keep);
  const fresh = await attackAgain(one, nothingYet(one, inputs), due, known.attacks, options, () => {});
  const current = Object.keys(known.verdicts).filter((id) => known.inputs[id] === inputs[id]);
  const kept = Object.fromEntries(current.map((id) => [id, known.verdicts[id] ?? {}]));
  // How long an attack takes is told by whole attacks only.
  const { secondsQuiet, secondsUnderLoad } = current.length > 0 ? known : fresh;
  const measured = { ...fresh, secondsQuiet, secondsUnderLoad, verdicts: sorted({ ...kept, ...fresh.verdicts }) };
  keep(measured);
  return measured;
}

function save(measured: Steadiness): void {
  const others = readSteadiness().filter(({ name }) => steadyApps().some((app) => app.name === name));
  const apps = [...others.filter(({ name }) => name !== measured.name), measured];
  writeJson(FILE, { formatVersion: 2, apps: apps.sort((a, b) => a.name.localeCompare(b.name)) });
}

const sorted = <T>(verdicts: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(verdicts).sort(([a], [b]) => a.localeCompare(b)));

const nothingYet = (one: SteadyApp, inputs: Record<string, string>): Steadiness => ({
  ...one,
  attacks: 0,
  underLoad: 0,
  verdicts: {},
  inputs,
  secondsQuiet: 0,
  secondsUnderLoad: 0,
});

/** Goes on from `counted` until there are `wanted` attacks, with the exploits `due`; keeps what each adds. */
async function attackAgain(
  one: SteadyApp,
  counted: Steadiness,
  due: readonly string[],
  wanted: number,
  options: SteadinessOptions,
  keep: (counted: Steadiness) => void,
): Promise<Steadiness> {
  const { manifest } = loadBaseline(one.baseline);
  const scenario = await loadScenario(manifest.scenario);
  const exploits = await selectExploits(manifest.scenario, { only: [...due] });
  const { app, remove } = await prepared(one, options);
  let sum = counted;
  try {
    while (sum.attacks < wanted) {
      options.signal.throwIfAborted();
      const loaded = sum.attacks % 2 === 1;
      const load = loaded ? busyLoops() : [];
      const started = performance.now();
      try {
        const { verdicts } = await evaluate({
          target: { app },
          report: app.report,
          scenario,
          exploits,
          functional: false,
          signal: options.signal,
        });
        sum = withAttack(sum, verdicts, loaded, (performance.now() - started) / 1000);
      } finally {
        for (const loop of load) loop.kill("SIGKILL");
      }
      keep(sum);
      process.stderr.write(`${one.name}: attack ${sum.attacks}/${wanted}${loaded ? " under load" : ""}\n`);
    }
  } finally {
    await app.dispose();
    remove();
  }
  return sum;
}

function withAttack(
  sum: Steadiness,
  verdicts: readonly { id: string; verdict: VerdictKind }[],
  loaded: boolean,
  seconds: number,
): Steadiness {
  const counts = { ...sum.verdicts };
  for (const { id, verdict } of verdicts) counts[id] = { ...counts[id], [verdict]: (counts[id]?.[verdict] ?? 0) + 1 };
  const mean = (before: number, n: number) => Math.round(((before * n + seconds) / (n + 1)) * 10) / 10;
  return {
    ...sum,
    attacks: sum.attacks + 1,
    underLoad: sum.underLoad + (loaded ? 1 : 0),
    verdicts: sorted(counts),
    ...(loaded
      ? { secondsUnderLoad: mean(sum.secondsUnderLoad, sum.underLoad) }
      : { secondsQuiet: mean(sum.secondsQuiet, sum.attacks - sum.underLoad) }),
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
