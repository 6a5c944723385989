import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { execa } from "execa";
import { detectRecipe, doorTo, type PreparedApp, prepareApp } from "../../app/index.ts";
import { evaluate } from "../../engine/index.ts";
import { catalogueOf, type Exploit } from "../../exploits/index.ts";
import { renderCurl } from "../../http/curl.ts";
import { Evidence } from "../../model/evidence.ts";
import { chooseSandbox, type SandboxName } from "../../sandbox/index.ts";
import { RunFolder } from "../../store/index.ts";
import { AppError, UserError, unknownName } from "../../util/errors.ts";
import { KeptRepository } from "../../workspace/index.ts";
import { loadBaseline, loadContract, loadScenario, scenarioNames } from "../load.ts";
import { sandboxOption } from "../options.ts";

interface Options {
  session?: string;
  run?: boolean;
  app?: string;
  sandbox: SandboxName;
}

export function reproduceCommand(signal: AbortSignal): Command {
  return new Command("reproduce")
    .description("Print, or run, the curl script behind a verdict.")
    .argument("<run>", "a run's folder, or the --out folder of a check")
    .argument("<id>", "the exploit's id or slug")
    .option("--session <id>", "which session of the run (the only one, or the first that was exploited)")
    .option("--run", "start the app afresh, run the script against it, and exit with its code")
    .option("--app <folder>", "with --run on a check: the app's folder")
    .addOption(sandboxOption())
    .addHelpText(
      "after",
      "\nExamples:\n  unprompted reproduce runs/demo T1-22 > t1-22.sh\n  unprompted reproduce runs/demo T2-06 --run\n  unprompted reproduce result T1-04 --run --app ./app\n\nThe script ends with PASS (0), FAIL (1), BROKEN (2) or, where HTTP cannot show the condition (a database row, a\nfile), UNDECIDED (3). With --run the exploit itself then judges on a fresh copy.",
    )
    .action(async (folder: string, id: string, options: Options) => {
      const { evidence, session, found } = await evidenceIn(folder, id, options.session);
      const script = renderCurl(evidence);
      if (!options.run) {
        process.stdout.write(script);
        return;
      }
      process.exitCode = await runAgain({ script, folder, session, found, options, signal });
    });
}

interface Known {
  exploit: Exploit;
  scenario: string;
}

async function exploitNamed(name: string): Promise<Known> {
  const known: Known[] = [];
  for (const scenario of scenarioNames())
    for (const exploit of await catalogueOf(scenario)) known.push({ exploit, scenario });
  const found = known.find(
    ({ exploit: { id, slug } }) => id.toLowerCase() === name.toLowerCase() || slug === name.toLowerCase(),
  );
  if (found) return found;
  throw unknownName(
    "exploit",
    name,
    known.flatMap(({ exploit: { id, slug } }) => [id, slug]),
  );
}

async function evidenceIn(
  folder: string,
  name: string,
  session: string | undefined,
): Promise<{ evidence: Evidence; session: string | null; found: Known }> {
  const known = await exploitNamed(name);
  const { exploit } = known;
  if (existsSync(join(folder, "result.json")) || existsSync(join(folder, "evidence"))) {
    const file = join(folder, "evidence", `${exploit.id}.json`);
    if (!existsSync(file))
      throw new UserError(
        "not-found",
        `${folder} holds no evidence of ${exploit.id}.`,
        "Check the app again with --out, without leaving this exploit out.",
      );
    return { evidence: Evidence.parse(JSON.parse(readFileSync(file, "utf8"))), session: null, found: known };
  }
  const run = RunFolder.open(folder);
  const ids = run.sessionIds();
  const candidates = session ? ids.filter((id) => id === session || id.startsWith(session)) : ids;
  if (session && candidates.length === 0) throw unknownName("session", session, ids);
  const found = candidates
    .map((id) => ({ session: id, evidence: run.evidence(id, exploit.id) }))
    .filter((one): one is { session: string; evidence: Evidence } => one.evidence !== undefined);
  const best = found.find(({ evidence }) => evidence.verdict === "exploited") ?? found[0];
  if (!best)
    throw new UserError(
      "not-found",
      `No session of ${folder} holds evidence of ${exploit.id}.`,
      "Run the study first.",
    );
  return { ...best, found: known };
}

interface Again {
  script: string;
  folder: string;
  session: string | null;
  found: Known;
  options: Options;
  signal: AbortSignal;
}

/** Starts a fresh copy, gives it a loopback port, and lets the script at it; what that cannot decide, the exploit does. */
async function runAgain({ script, folder, session, found, options, signal }: Again): Promise<number> {
  const scratch = mkdtempSync(join(realpathSync(tmpdir()), "unprompted-reproduce-"));
  try {
    let app = options.app;
    let recipe = app ? detectRecipe(app, {}) : undefined;
    if (session !== null) {
      const run = RunFolder.open(folder);
      const kept = await KeptRepository.open(join(run.sessionFolder(session), "repository.bundle"), scratch);
      app = join(scratch, "tree");
      await kept.checkOut(await kept.head(), app);
      recipe = loadBaseline(run.record(session)?.identity.baseline ?? "").manifest;
    }
    if (!app || !recipe)
      throw new UserError("bad-arguments", "To run the script the app's folder is needed.", "Add --app <folder>.");
    const { sandbox } = chooseSandbox(options.sandbox);
    const prepared = await prepareApp({ name: session ?? app, folder: app, recipe, sandbox, signal });
    try {
      const code = await runScript(script, scratch, prepared);
      return code === UNDECIDED ? await judge(prepared, found, signal) : code;
    } finally {
      await prepared.dispose();
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** What a script exits with when a condition that HTTP does not show decided. */
const UNDECIDED = 3;

async function runScript(script: string, scratch: string, prepared: PreparedApp): Promise<number> {
  const instance = prepared.newInstance();
  const started = await instance.start();
  if (started.kind !== "serving") throw new AppError("start-failed", "The app did not come up.", started.output);
  const door = await doorTo(instance);
  const file = join(scratch, "reproduce.sh");
  writeFileSync(file, script);
  const result = await execa("bash", [file], {
    env: {
      BASE: door.url,
      JWT_SECRET: instance.settings["JWT_SECRET"],
      WEBHOOK_SECRET: instance.settings["WEBHOOK_SECRET"],
    },
    reject: false,
    stdin: "ignore",
    all: true,
  });
  process.stdout.write(`${result.all ?? ""}\n`);
  door.close();
  return result.exitCode ?? UNDECIDED;
}

/** The exploit itself, on fresh copies: it can look at the database, the files and the app's end. */
async function judge(app: PreparedApp, { exploit, scenario }: Known, signal: AbortSignal): Promise<number> {
  const contract = loadContract(app.options.folder);
  const { verdicts } = await evaluate({
    target: { app },
    report: app.report,
    scenario: await loadScenario(scenario),
    exploits: [exploit],
    functional: false,
    signal,
    ...(contract ? { contract } : {}),
  });
  const { verdict, summary } = verdicts[0] ?? { verdict: "inconclusive", summary: "no verdict" };
  const words = { defended: "PASS", exploited: "FAIL", broken: "BROKEN" }[verdict as string] ?? "UNDECIDED";
  process.stdout.write(`${words}  judged by the exploit itself: ${summary}\n`);
  return { PASS: 0, FAIL: 1, BROKEN: 2 }[words] ?? UNDECIDED;
}
