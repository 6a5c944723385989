import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, statfsSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { AGENT_KINDS, findProgram } from "../../agents/index.ts";
import { cacheFolder, machinePath } from "../../app/index.ts";
import { bubblewrapProblem } from "../../sandbox/index.ts";
import { knownScanners, onPath } from "../../scanners/index.ts";
import { agentsFolder } from "../agents.ts";
import { baselineNames, recordingNames, scenarioNames } from "../load.ts";

interface Examined {
  name: string;
  state: "ok" | "missing" | "limited";
  detail: string;
  remedy: string;
}

export function doctorCommand(_signal: AbortSignal): Command {
  return new Command("doctor")
    .description(
      "Say what this machine has and lacks, and what to do about it; exit 1 when something that is needed is missing.",
    )
    .option("--json", "print JSON")
    .addHelpText("after", "\nExamples:\n  unprompted doctor\n  unprompted doctor --json")
    .action(async (options: { json?: boolean }) => {
      const findings = [...examine(), ...(await scanners())];
      if (options.json) process.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
      else
        for (const { name, state, detail, remedy } of findings) {
          process.stdout.write(
            `${{ ok: "ok      ", missing: "MISSING ", limited: "limited " }[state]} ${name.padEnd(16)} ${detail}${remedy && state !== "ok" ? `\n${" ".repeat(26)}${remedy}` : ""}\n`,
          );
        }
      if (findings.some(({ state }) => state === "missing")) process.exitCode = 1;
    });
}

function examine(): Examined[] {
  const env = { ...process.env, PATH: machinePath() };
  const version = (file: string, args = ["--version"]) => {
    const tried = spawnSync(file, args, { env, encoding: "utf8", timeout: 15_000 });
    return tried.error || tried.status !== 0 ? undefined : `${tried.stdout}${tried.stderr}`.trim().split("\n")[0];
  };
  const tool = (name: string, file: string, remedy: string, needed: boolean, args?: string[]): Examined => {
    const found = version(file, args);
    return found
      ? { name, state: "ok", detail: found, remedy: "" }
      : { name, state: needed ? "missing" : "limited", detail: "not found", remedy };
  };
  const problem = bubblewrapProblem();
  const findings: Examined[] = [
    {
      name: "our Node",
      state: Number(process.versions.node.split(".")[0]) >= 24 ? "ok" : "missing",
      detail: process.version,
      remedy: "Run npm install, which brings Node 24.",
    },
    tool("Node for apps", "node", "Install Node 20 or newer to attack Node apps.", false),
    tool("npm", "npm", "Install npm to attack Node apps.", false),
    tool("Python for apps", "python3", "Install Python 3.10 or newer to attack Python apps.", false),
    tool("venv", "python3", "Debian, Ubuntu: apt-get install python3-venv.", false, [
      "-c",
      "import ensurepip, venv; print('ensurepip and venv')",
    ]),
    tool("uv", "uv", "Optional: installs Python apps faster. make setup brings it.", false),
    tool("git", "git", "Install git.", true),
    tool("curl", "curl", "Needed by reproduce --run.", false),
    tool("openssl", "openssl", "Needed by some reproduction scripts.", false, ["version"]),
    problem === undefined
      ? { name: "bubblewrap", state: "ok", detail: version("bwrap") ?? "works", remedy: "" }
      : {
          name: "bubblewrap",
          state: "limited",
          detail: problem,
          remedy: "Apps then run as you, on loopback ports. Debian, Ubuntu: apt-get install bubblewrap.",
        },
    cache(),
    ...agentsHere(),
    {
      name: "scenarios",
      state: scenarioNames().length ? "ok" : "missing",
      detail: scenarioNames().join(", "),
      remedy: "The installation is incomplete.",
    },
    {
      name: "baselines",
      state: baselineNames().length ? "ok" : "missing",
      detail: baselineNames().join(", "),
      remedy: "The installation is incomplete.",
    },
    {
      name: "recordings",
      state: recordingNames().length ? "ok" : "limited",
      detail: recordingNames().join(", "),
      remedy: "The demo study needs them.",
    },
  ];
  return findings;
}

/** Outside scanners are no part of a verdict: one that is not there shows as `not run`. */
async function scanners(): Promise<Examined[]> {
  return (await knownScanners()).map(({ title, command, install }): Examined => {
    const path = onPath(command, machinePath());
    return path
      ? { name: title, state: "ok", detail: path, remedy: "" }
      : { name: title, state: "limited", detail: `${command} is not installed`, remedy: `Optional: ${install}.` };
  });
}

function cache(): Examined {
  const folder = cacheFolder();
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    const { bavail, bsize } = statfsSync(folder);
    const free = Math.round((bavail * bsize) / 1024 ** 3);
    return {
      name: "cache",
      state: free < 3 ? "limited" : "ok",
      detail: `${folder}, ${free} GiB free`,
      remedy: "Make room: dependencies of a few apps need 3 GiB.",
    };
  } catch {
    return {
      name: "cache",
      state: "missing",
      detail: `${folder} cannot be written`,
      remedy: "Set UNPROMPTED_CACHE to a folder that can.",
    };
  }
}

/** Each agent that has an adapter of its own: found or not, version, signed in or not. Says by what, never with what. */
function agentsHere(): Examined[] {
  return Object.values(AGENT_KINDS).map((kind): Examined => {
    const { name, npm, tested } = kind;
    const where = { path: machinePath(), installed: agentsFolder(), base: process.cwd() };
    const found = findProgram({ kind: kind.kind, readable: [] }, where);
    const install = `Optional, to study it: npm install -g ${npm}@${tested}.`;
    if (!found) return { name, state: "limited", detail: "not found", remedy: install };
    const [file = "", ...args] = found.argv;
    const scratch = mkdtempSync(join(tmpdir(), "doctor-"));
    const env = { PATH: machinePath(), HOME: scratch };
    const said = spawnSync(file, [...args, "--version"], { env, encoding: "utf8", timeout: 15_000 });
    const version = /\d+\.\d+\.\d+[\w.-]*/.exec(said.stdout ?? "")?.[0];
    if (version === undefined)
      return {
        name,
        state: "limited",
        detail: `${file} does not say its version`,
        remedy: `Install it anew. ${install}`,
      };
    const variable = kind.variables.find((one) => process.env[one]);
    const own = kind.files.find((one) => existsSync(join(homedir(), one)));
    const by = variable ? `by ${variable}` : own ? `by ~/${own}` : undefined;
    const differs = version === tested ? "" : `, tested with ${tested}`;
    return {
      name,
      state: by ? "ok" : "limited",
      detail: `${version}${differs}; ${by ? `signed in ${by}` : "not signed in"}`,
      remedy: `Start ${kind.program} once and sign in, or set ${kind.variables[0]}. A study with a script needs neither.`,
    };
  });
}
