import { existsSync, statSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import { basename, isAbsolute, join, relative, resolve } from "node:path";
import { connect as connectTls } from "node:tls";
import { Command, Option } from "commander";
import { stringify } from "yaml";
import { detectRecipe, prepareApp } from "../../app/index.ts";
import type { Target } from "../../engine/bench.ts";
import { type EvaluateOptions, evaluate } from "../../engine/index.ts";
import { catalogueOf } from "../../exploits/index.ts";
import type { Connect } from "../../http/index.ts";
import type { AppReport } from "../../model/app.ts";
import { Contract } from "../../model/contract.ts";
import type { Evidence } from "../../model/evidence.ts";
import type { ScannerReport } from "../../model/scan.ts";
import type { Evaluation } from "../../model/session.ts";
import type { SupplyChain } from "../../model/supply-chain.ts";
import { checkReport, plainText, scannerLines, supplyLines } from "../../report/index.ts";
import { chooseSandbox, type SandboxName } from "../../sandbox/index.ts";
import type { Asked } from "../../scanners/index.ts";
import { billOfMaterials, PUBLIC_REGISTRIES, supplyChain } from "../../supply-chain/index.ts";
import { AppError, UserError } from "../../util/errors.ts";
import { makeFolder, writeAtomically, writeJson } from "../../util/files.ts";
import { openGate } from "../gate.ts";
import { decisionsOf } from "../ledger.ts";
import { CONTRACT_FILE, loadBaseline, loadContract, loadScenario, parseYaml, selectExploits } from "../load.ts";
import { nothing } from "../nothing.ts";
import { colourFor, keyValue, list, positive, sandboxOption } from "../options.ts";
import { CHECK_FORMATS, type CheckFormat, checkAs, formatsFrom, writeCheckReports } from "../reports.ts";
import { askedFor, scanApp, scannersOption } from "../scanning.ts";

interface Options {
  scenario: string;
  baseline?: string;
  install?: string;
  build?: string;
  start?: string;
  env?: Record<string, string>;
  contract?: string;
  writeContract?: boolean;
  only?: string[];
  tier?: string[];
  jobs?: number;
  out?: string;
  json?: boolean;
  format?: "text" | "json" | CheckFormat;
  write?: string[];
  baselineFile?: string;
  accept?: string;
  expires?: string;
  verbose?: boolean;
  scanners?: string[];
  registries?: boolean;
  sandbox: SandboxName;
  functional: boolean;
}

export function checkCommand(signal: AbortSignal): Command {
  return new Command("check")
    .description("Install, start and attack one app; exit 1 if anything is exploited.")
    .argument("<app>", "a folder, or the address of an app that is already running")
    .option("--scenario <id>", "which feature story the app implements", "pipeline-jobs")
    .option("--baseline <id>", "install and start it as this baseline says, instead of finding out")
    .option("--install <cmd>", "how to install it (empty: do not)")
    .option("--build <cmd>", "how to build it (empty: do not)")
    .option("--start <cmd>", "how to start it; it should listen on the port in $PORT")
    .option("--env <NAME=value>", "a setting for the app; may be given several times", keyValue)
    .option("--contract <file>", "how the app spells its operations, instead of finding out")
    .option(
      "--write-contract",
      `find out how the app spells its operations, write ${CONTRACT_FILE} into its folder, and stop`,
    )
    .option("--only <ids>", "only these exploits, by id or slug, and no functional checks", list)
    .option("--tier <n>", "only these tiers", list)
    .option("--jobs <n>", "copies of the app side by side", positive)
    .option("--out <folder>", "keep result.json and the evidence there")
    .option("--no-functional", "leave out the checks of whether features work")
    .option("--json", "print one JSON object on stdout and nothing else there")
    .addOption(
      new Option("--format <name>", "what goes to stdout: for a person, or for a machine").choices([
        "text",
        "json",
        ...CHECK_FORMATS,
      ]),
    )
    .option("--write <names>", `also keep these in the folder of --out: ${CHECK_FORMATS.slice(1).join(", ")}`, list)
    .option("--baseline-file <file>", "holes that are accepted, each with a reason and a last day; they do not fail")
    .option("--accept <reason>", "accept the holes that are open now: write them into the baseline file")
    .option("--expires <date>", "with --accept: the last day, as YYYY-MM-DD (90 days from today)")
    .option("-v, --verbose", "also show what was defended, and every finding of scanners")
    .addOption(scannersOption())
    .option("--registries", "ask package registries about maintainers, age and withdrawn versions")
    .addOption(sandboxOption())
    .addHelpText(
      "after",
      `
Examples:
  unprompted check .
  unprompted check ./app --json > result.json
  unprompted check ./app --build "go build -o app ." --start ./app
  unprompted check ./app --install "" --start "npm run serve" --env DATABASE_URL=file:app.db
  unprompted check http://127.0.0.1:8000 --only T1-22,nosniff
  unprompted check . --format github --out result --write sarif,junit
  unprompted check . --baseline-file accepted.yaml --accept "the proxy sets these headers" --expires 2027-03-31
  unprompted check . --baseline-file accepted.yaml

Exit codes: 0 nothing was exploited that is not accepted, 1 something was, 2 the app cannot be attacked (it does not install, build, start or answer) or the call is wrong, 3 our own fault.`,
    )
    .action(async (app: string, options: Options) => {
      if (options.json && options.format !== undefined && options.format !== "json")
        throw new UserError("bad-arguments", `--json and --format ${options.format} contradict each other.`);
      const format = options.json ? "json" : (options.format ?? "text");
      options = { ...options, format, json: format === "json" };
      const written = formatsFrom(options.write ?? [], CHECK_FORMATS);
      if (written.length > 0 && !options.out)
        throw new UserError("bad-arguments", "--write needs a folder.", "Add --out <folder>.");
      const catalogue = await catalogueOf(options.scenario);
      const gate = openGate(options, catalogue);
      const asked = await askedFor(options.scanners);
      const checked = /^https?:\/\//.test(app)
        ? await checkAddress(app, options, asked, signal)
        : await checkFolder(app, options, asked, signal);
      if (checked === undefined) return;
      const { evaluation, scanners, supply } = checked;
      const outcome = gate.judge(evaluation);
      const judged = { evaluation, catalogue, outcome, ...placeIn(app) };
      if (options.out && scanners) writeJson(join(options.out, "scanners.json"), scanners);
      if (options.out && supply) {
        writeJson(join(options.out, "supply-chain.json"), supply);
        writeAtomically(join(options.out, "sbom.cdx.json"), billOfMaterials(resolve(app), basename(resolve(app))));
      }
      if (options.out) writeCheckReports(options.out, judged, written);
      if (format === "json") {
        const besides = { ...(scanners ? { scanners } : {}), ...(supply ? { supplyChain: supply } : {}) };
        process.stdout.write(`${JSON.stringify({ ...evaluation, ...gate.told(outcome), ...besides }, null, 2)}\n`);
      } else if (format !== "text") process.stdout.write(checkAs(format, judged));
      else {
        const out = options.out;
        const hint = (id: string) =>
          out
            ? `unprompted reproduce ${out} ${id}`
            : `unprompted check ${app} --only ${id} --out result, then unprompted reproduce result ${id}`;
        const look = {
          color: colourFor(process.stdout),
          width: Math.min(process.stdout.columns ?? 100, 110),
          verbose: options.verbose ?? false,
        };
        const besides = [
          ...(scanners ? scannerLines(scanners, look) : []),
          ...(supply ? supplyLines(supply, look) : []),
        ];
        process.stdout.write(checkReport(evaluation, catalogue, { ...look, reproduceHint: hint, besides }, outcome));
      }
      if (evaluation.app.stage !== "ready") process.exitCode = 2;
      else if (outcome.open.length > 0) process.exitCode = 1;
      else if (evaluation.verdicts.every(({ verdict }) => verdict === "broken")) process.exitCode = 2;
    });
}

/** Files that an app may be pointed at as a whole, the likeliest first. */
const MANIFESTS = [
  "package.json",
  "pyproject.toml",
  "requirements.txt",
  "go.mod",
  "Cargo.toml",
  "pom.xml",
  "README.md",
];

/** Where the app lies in the repository that the command runs in. */
function placeIn(app: string): { folder: string; fallback: string | null } {
  if (/^https?:\/\//.test(app)) return { folder: "", fallback: null };
  const path = relative(process.cwd(), resolve(app));
  const inside = !path.startsWith("..") && !isAbsolute(path);
  return { folder: inside ? path : "", fallback: MANIFESTS.find((name) => existsSync(join(app, name))) ?? null };
}

const say = (text: string) => process.stderr.write(`${plainText(text)}\n`);

interface Checked {
  evaluation: Evaluation;
  /** Null when none was asked, or the app never came up. */
  scanners: ScannerReport | null;
  /** Null for an app that is only known by its address. */
  supply: SupplyChain | null;
}

async function checkFolder(
  app: string,
  options: Options,
  asked: Asked | undefined,
  signal: AbortSignal,
): Promise<Checked | undefined> {
  const folder = resolve(app);
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new UserError(
      "not-found",
      `There is no folder ${folder}.`,
      "Give the app's folder, or the address of a running app beginning with http://.",
    );
  }
  const scenario = await loadScenario(options.scenario);
  const exploits = await chosen(options);
  const overrides = {
    ...(options.install === undefined ? {} : { install: options.install }),
    ...(options.build === undefined ? {} : { build: options.build }),
    ...(options.start === undefined ? {} : { start: options.start }),
  };
  const recipe = options.baseline
    ? { ...loadBaseline(options.baseline).manifest, ...overrides }
    : detectRecipe(folder, overrides);
  const contract = options.contract ? parseYaml(options.contract, Contract, "bad-contract") : loadContract(folder);
  const { sandbox, note } = chooseSandbox(options.sandbox);
  if (note) say(`Without a sandbox: ${note}.`);
  say(
    `${recipe.framework}: ${recipe.install ? "installs, " : ""}${recipe.build ? "builds, " : ""}starts (${recipe.start})`,
  );
  let prepared: Awaited<ReturnType<typeof prepareApp>>;
  try {
    prepared = await prepareApp({
      name: app,
      folder,
      recipe,
      sandbox,
      signal,
      ...(options.env ? { settings: options.env } : {}),
    });
  } catch (error) {
    const report = (error as { report?: AppReport }).report;
    if (!(error instanceof AppError) || !report || options.format === "text") throw error;
    const supply = await supplyOf(folder, options, signal);
    return { evaluation: nothing(options.scenario, report), scanners: null, supply };
  }
  try {
    if (options.writeContract) {
      const { findContract } = await import("../../engine/index.ts");
      const { randomNonces } = await import("../../util/random.ts");
      const { contract: found } = await findContract({ app: prepared }, scenario, randomNonces(), signal);
      const file = join(folder, CONTRACT_FILE);
      writeAtomically(
        file,
        `# How this app spells the operations of ${options.scenario}. Found out by asking it; review it and keep it.\n${stringify(found)}`,
      );
      process.stdout.write(`${file}\n`);
      return undefined;
    }
    const evaluation = await attack(
      { app: prepared },
      prepared.report,
      options,
      scenario,
      exploits,
      signal,
      contract,
      (evidence) => decisionsOf(folder, evidence),
    );
    const supply = await supplyOf(folder, options, signal);
    return {
      evaluation,
      supply,
      scanners: asked ? await scanApp({ asked, folder, app: prepared, sandbox, signal }) : null,
    };
  } finally {
    await prepared.dispose();
  }
}

const supplyOf = (folder: string, options: Options, signal: AbortSignal): Promise<SupplyChain> =>
  supplyChain({ folder, signal, ...(options.registries ? { registries: PUBLIC_REGISTRIES } : {}) });

const chosen = (options: Options) =>
  selectExploits(options.scenario, {
    ...(options.only ? { only: options.only } : {}),
    ...(options.tier ? { tiers: options.tier.map(Number) } : {}),
  });

async function checkAddress(
  address: string,
  options: Options,
  asked: Asked | undefined,
  signal: AbortSignal,
): Promise<Checked> {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new UserError("bad-arguments", `${address} is not an address.`, "Give one such as http://127.0.0.1:8000.");
  }
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  const connect: Connect = (from) => open(url, port, from);
  const probe = await connect("127.0.0.1").catch((error: Error) => {
    throw new UserError(
      "not-found",
      `Nothing answers at ${address}: ${error.message}.`,
      "Start the app first, or give its folder.",
    );
  });
  probe.destroy();
  const report: AppReport = {
    name: address,
    framework: "unknown",
    toolchain: "other",
    install: null,
    build: null,
    start: null,
    sandbox: "none",
    settings: [],
    stage: "ready",
    durationsMs: { install: 0, build: 0, start: 0 },
    dependenciesCached: false,
  };
  const contract = options.contract ? parseYaml(options.contract, Contract, "bad-contract") : undefined;
  const evaluation = await attack(
    { app: null, connect },
    report,
    options,
    await loadScenario(options.scenario),
    await chosen(options),
    signal,
    contract,
    undefined,
  );
  const { sandbox } = chooseSandbox(options.sandbox);
  const app = { url: url.origin };
  return {
    evaluation,
    supply: null,
    scanners: asked ? await scanApp({ asked, folder: null, app, sandbox, signal }) : null,
  };
}

function open(url: URL, port: number, from: string): ReturnType<Connect> {
  const loopback = /^(127\.|localhost$|\[::1\]$)/.test(url.hostname);
  const local = loopback && process.platform === "linux" && url.hostname !== "[::1]" ? { localAddress: from } : {};
  const host = url.hostname.replace(/^\[|\]$/g, "").replace(/^localhost$/, "127.0.0.1");
  return new Promise((resolvePromise, reject) => {
    const stream =
      url.protocol === "https:"
        ? connectTls({ host, port, servername: host, ...local })
        : connectTcp({ host, port, ...local });
    stream.on("error", reject);
    stream.once(url.protocol === "https:" ? "secureConnect" : "connect", () => {
      resolvePromise(stream);
    });
  });
}

async function attack(
  target: Target,
  report: AppReport,
  options: Options,
  scenario: Awaited<ReturnType<typeof loadScenario>>,
  exploits: Awaited<ReturnType<typeof selectExploits>>,
  signal: AbortSignal,
  contract: Contract | undefined,
  decisions: EvaluateOptions["decisions"],
): Promise<Evaluation> {
  const kept: Evidence[] = [];
  const out = options.out;
  if (out) makeFolder(join(out, "evidence"));
  const evaluation = await evaluate({
    target,
    report,
    scenario,
    exploits,
    signal,
    functional: options.functional && !options.only,
    ...(contract ? { contract } : {}),
    ...(options.jobs ? { jobs: options.jobs } : {}),
    ...(decisions ? { decisions } : {}),
    onStage: (stage) => say(stage === "contract" ? "finds out how the app spells its operations" : "attacks"),
    onVerdict: (verdict, done, of) => {
      if (verdict.verdict !== "defended") say(`${done}/${of} ${verdict.id} ${verdict.slug}: ${verdict.verdict}`);
    },
    onEvidence: (evidence) => {
      if (out) writeAtomically(join(out, "evidence", `${evidence.id}.json`), JSON.stringify(evidence));
      else if (evidence.verdict === "exploited") kept.push(evidence);
    },
  });
  if (out)
    writeJson(join(out, "result.json"), {
      ...evaluation,
      reproduce: { folder: options.json ? undefined : report.name },
    });
  // Without a folder to point at, the deciding exchange itself goes inline.
  else
    for (const verdict of evaluation.verdicts) {
      const evidence = kept.find(({ id }) => id === verdict.id);
      const last = evidence?.exchanges.at(-1);
      verdict.evidence = last
        ? [`${last.request.method} ${last.request.path} -> ${last.response?.status ?? last.noAnswer ?? "no answer"}`]
        : [];
    }
  return evaluation;
}
