import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { type Agent, NO_SIGN_IN } from "../agents/agent.ts";
import {
  AGENT_KINDS,
  type AgentSetting,
  ANY_INSTRUCTIONS,
  adapterFor,
  loadProgram,
  type Program,
  REGISTRIES,
  replay,
} from "../agents/index.ts";
import { cacheFolder, machinePath } from "../app/index.ts";
import type { Instructions } from "../engine/session.ts";
import type { Provenance } from "../model/session.ts";
import type { AgentSpec, ConditionSpec, SessionIdentity, Study } from "../model/study.ts";
import { loadScript, type ModelServer, startModelServer } from "../modelserver/index.ts";
import type { Sandbox } from "../sandbox/index.ts";
import { UserError } from "../util/errors.ts";
import { keepSecret, keepSecretsIn } from "../util/secrets.ts";
import { loadBaseline, loadRecording, loadScenario, PRODUCT } from "./load.ts";

/** Where `make test-agents`, or `npm install --prefix`, puts the programs of agents: a folder for each kind. */
export const agentsFolder = (): string => join(cacheFolder(), "agents");

/** Variables of our own environment that any program may have: where certificates are, and the language. */
const PASSED = /^(LANG|LC_\w+|TZ|SSL_CERT_\w+|NODE_EXTRA_CA_CERTS|\w*CA_BUNDLE|npm_config_registry|PIP_INDEX_URL)$/;

/** Agents of one study. Programs are looked for once. */
export class StudyAgents {
  readonly #study: Study;
  readonly #base: string;
  readonly #sandbox: Sandbox;
  readonly #programs = new Map<string, Promise<Program>>();

  /** `base` is what files of the study are relative to. */
  constructor(study: Study, base: string, sandbox: Sandbox) {
    this.#study = study;
    this.#base = base;
    this.#sandbox = sandbox;
  }

  /** Makes the agent of a session. `stop` ends what was started for it. */
  async make(
    identity: SessionIdentity,
    folders: { home: string; scratch: string },
  ): Promise<{ agent: Agent; stop: () => Promise<void> }> {
    const { spec, condition } = this.#factors(identity);
    if (spec.kind === "replay") {
      const { recording, bundle } = loadRecording(identity.recording ?? "");
      return { agent: await replay(recording, bundle, folders.scratch), stop: async () => {} };
    }
    const program = await this.#program(spec, folders.scratch);
    const server = spec.script === undefined ? undefined : await this.#startModel(spec.script, identity);
    const keys = server ? {} : keysFor(spec);
    const { repository } = loadBaseline(identity.baseline);
    const setting: AgentSetting = {
      spec,
      condition: { ...condition, mcpServers: this.#servers(condition) },
      sandbox: this.#sandbox,
      program: { ...program, readable: [...program.readable, ...this.#serverFiles(condition)] },
      home: folders.home,
      env: { ...passedOn(), ...keys },
      modelPort: server?.port ?? null,
      hosts: hostsFor(spec, condition, server !== undefined),
    };
    const { run, argv } = adapterFor(spec.kind, setting);
    const scenario = await loadScenario(identity.scenario);
    const provenance: Provenance = {
      madeBy: madeBy(spec, program, server !== undefined),
      recordedOn: new Date().toISOString().slice(0, 10),
      conversation: this.#study.conversation,
      scenario: identity.scenario,
      promptsVersion: scenario.promptsVersion,
      baseline: identity.baseline,
      baselineCommit: "",
      notes: server ? `No model was asked: its answers come from ${spec.script}.` : "",
      agent: {
        kind: spec.kind,
        program: program.argv[0] ?? "",
        version: program.version,
        scripted: server !== undefined,
        argv: [...argv],
      },
    };
    return {
      agent: {
        provenance,
        signIn: server ? NO_SIGN_IN : signInFiles(spec, keys, folders.home),
        run,
        prepare: async (workTree) => cpSync(repository, workTree, { recursive: true }),
      },
      stop: async () => server?.stop(),
    };
  }

  /** The instruction file of a session's condition, and the names under which its agent looks for one. */
  instructions(identity: SessionIdentity): Instructions | null {
    const { spec } = this.#factors(identity);
    const file = this.guidance(identity);
    if (file === null || spec.kind === "replay") return null;
    const names =
      spec.kind === "claude-code" || spec.kind === "codex"
        ? AGENT_KINDS[spec.kind].instructions
        : (spec.instructions ?? ANY_INSTRUCTIONS);
    return { names, text: readFileSync(file, "utf8") };
  }

  /** The instruction file of a session's condition, where it lies. */
  guidance(identity: SessionIdentity): string | null {
    const { guidance } = this.#factors(identity).condition;
    return guidance === undefined ? null : guidanceFile(guidance, this.#base);
  }

  #factors(identity: SessionIdentity): { spec: AgentSpec; condition: ConditionSpec } {
    const spec = this.#study.agents.find(({ id }) => id === identity.agent);
    const condition = this.#study.conditions.find(({ id }) => id === identity.condition);
    if (!spec || !condition)
      throw new UserError("bad-study", `The study has no agent ${identity.agent} or condition ${identity.condition}.`);
    return { spec, condition };
  }

  #program(spec: AgentSpec, scratch: string): Promise<Program> {
    let found = this.#programs.get(spec.id);
    if (!found) {
      const where = { path: machinePath(), installed: agentsFolder(), base: this.#base };
      found = loadProgram(spec, where, this.#sandbox, scratch);
      this.#programs.set(spec.id, found);
    }
    return found;
  }

  #startModel(script: string, identity: SessionIdentity): Promise<ModelServer> {
    return startModelServer(loadScript(scriptFile(script, this.#base, identity.baseline, identity.condition)));
  }

  /** Programs beside an agent are named relative to the study. */
  #servers(condition: ConditionSpec): ConditionSpec["mcpServers"] {
    return Object.fromEntries(
      Object.entries(condition.mcpServers).map(([name, server]) => [
        name,
        "url" in server
          ? server
          : { ...server, command: this.#path(server.command), args: server.args.map((arg) => this.#path(arg)) },
      ]),
    );
  }

  #serverFiles(condition: ConditionSpec): string[] {
    return Object.values(this.#servers(condition)).flatMap((server) =>
      "url" in server ? [] : [server.command, ...server.args].filter((name) => name.startsWith("/")),
    );
  }

  #path(name: string): string {
    return /^\.{1,2}\//.test(name) ? resolve(this.#base, name) : name;
  }
}

/** The file of a guidance: one of ours by its name, else a path relative to the study. */
function guidanceFile(name: string, base: string): string {
  const found = [join(PRODUCT, "guidance", `${name}.md`), join(PRODUCT, "guidance", name), resolve(base, name)].find(
    (path) => existsSync(path),
  );
  if (found) return found;
  throw new UserError("not-found", `There is no guidance ${name}, nor a file of that name beside the study.`);
}

const scriptFile = (script: string, base: string, baseline: string, condition: string): string =>
  resolve(base, script.replaceAll("{baseline}", baseline).replaceAll("{condition}", condition));

/** Checks that what the agents and conditions of a study name is there. Throws UserError. */
export function checkFiles(study: Study, base: string): void {
  for (const { guidance } of study.conditions) if (guidance !== undefined) guidanceFile(guidance, base);
  for (const agent of study.agents) {
    if ((agent.kind === "acp" || agent.kind === "command") && agent.command === undefined)
      throw new UserError(
        "bad-study",
        `The agent ${agent.id} of the kind ${agent.kind} names no program.`,
        "Add command: [program, argument ...].",
      );
    if (agent.script === undefined) continue;
    for (const baseline of study.baselines)
      for (const { id } of study.conditions) loadScript(scriptFile(agent.script, base, baseline, id));
  }
}

/** What the files that a session depends on hold now: they are part of its identity. */
export function fileDigests(
  agent: AgentSpec,
  condition: ConditionSpec,
  baseline: string,
  base: string,
): Record<string, string> {
  const digest = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");
  return {
    ...(condition.guidance === undefined ? {} : { guidance: digest(guidanceFile(condition.guidance, base)) }),
    ...(agent.script === undefined ? {} : { script: digest(scriptFile(agent.script, base, baseline, condition.id)) }),
  };
}

function passedOn(): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env))
    if (value !== undefined && PASSED.test(name)) out[name] = value;
  return { ...out, PATH: machinePath() };
}

/** Variables by which an agent signs in, and those that the study passes on. They are written nowhere. */
function keysFor(spec: AgentSpec): Record<string, string> {
  const out: Record<string, string> = {};
  const take = (name: string) => {
    const value = process.env[name];
    if (value === undefined || value === "") return false;
    keepSecret(name, value);
    out[name] = value;
    return true;
  };
  for (const name of spec.pass) take(name);
  if (spec.kind === "claude-code" || spec.kind === "codex") AGENT_KINDS[spec.kind].variables.some(take);
  return out;
}

/** Files by which an agent signs in, where no variable does: copies of the user's own, and nothing else of their HOME. */
function signInFiles(spec: AgentSpec, keys: Record<string, string>, home: string): Agent["signIn"] {
  if ((spec.kind !== "claude-code" && spec.kind !== "codex") || Object.keys(keys).length > 0) return NO_SIGN_IN;
  const files = AGENT_KINDS[spec.kind].files.filter((file) => existsSync(join(homedir(), file)));
  return {
    files,
    place() {
      for (const file of files) {
        const own = join(homedir(), file);
        keepSecretsIn(file, readFileSync(own, "utf8"));
        mkdirSync(dirname(join(home, file)), { recursive: true });
        cpSync(own, join(home, file));
      }
    },
  };
}

function hostsFor(spec: AgentSpec, condition: ConditionSpec, scripted: boolean): string[] {
  const own = spec.kind === "claude-code" || spec.kind === "codex" ? AGENT_KINDS[spec.kind].hosts : [];
  const addresses = [
    ...(spec.baseUrl === undefined ? [] : [spec.baseUrl]),
    ...Object.values(condition.mcpServers).flatMap((server) => ("url" in server ? [server.url] : [])),
  ];
  return [
    ...(scripted || spec.baseUrl !== undefined ? [] : own),
    ...addresses.map((address) => new URL(address).host),
    ...REGISTRIES,
    ...spec.hosts,
  ];
}

function madeBy(spec: AgentSpec, program: Program, scripted: boolean): string {
  const name = spec.kind === "claude-code" || spec.kind === "codex" ? AGENT_KINDS[spec.kind].name : spec.id;
  const version = program.version ? ` ${program.version}` : "";
  return `${name}${version}${scripted ? " with a scripted model" : spec.model ? ` with ${spec.model}` : ""}`;
}
