import { accessSync, constants, existsSync, realpathSync, statSync } from "node:fs";
import { delimiter, isAbsolute, join, resolve, sep } from "node:path";
import type { AgentSpec } from "../model/study.ts";
import type { Sandbox } from "../sandbox/index.ts";
import { UserError } from "../util/errors.ts";
import { AGENT_KINDS } from "./kinds.ts";
import type { Program } from "./setting.ts";

export interface Where {
  /** Folders to look in, as PATH has them. */
  path: string;
  /** `~/.cache/unprompted/agents`, where `make test-agents` and `npm install --prefix` put programs. */
  installed: string;
  /** What relative names of a study are relative to. */
  base: string;
}

/** Finds an agent's program without starting it; undefined when it is not there. */
export function findProgram(
  spec: Pick<AgentSpec, "kind" | "command" | "readable">,
  where: Where,
): Omit<Program, "version"> | undefined {
  const kind = spec.kind === "claude-code" || spec.kind === "codex" ? AGENT_KINDS[spec.kind] : undefined;
  const [name = kind?.program ?? "", ...args] = spec.command ?? [];
  const folders = [
    ...where.path.split(delimiter),
    ...(kind ? [join(where.installed, kind.kind, "node_modules/.bin")] : []),
  ];
  const candidates = name.includes("/")
    ? [isAbsolute(name) ? name : resolve(where.base, name)]
    : folders.filter(Boolean).map((folder) => join(folder, name));
  const file = candidates.find(isExecutable);
  if (file === undefined) return undefined;
  const files = args.map((arg) => (/^\.{0,2}\//.test(arg) ? resolve(where.base, arg) : arg));
  return {
    argv: [realpathSync(file), ...files],
    readable: [
      packageOf(realpathSync(file)),
      ...files.filter((path) => isAbsolute(path) && existsSync(path)),
      ...spec.readable.map((path) => resolve(where.base, path)),
    ],
  };
}

/** The program of an agent and the version that it says it has. Throws UserError("missing-toolchain") when it is not there. */
export async function loadProgram(spec: AgentSpec, where: Where, sandbox: Sandbox, scratch: string): Promise<Program> {
  const found = findProgram(spec, where);
  if (!found) {
    const kind = spec.kind === "claude-code" || spec.kind === "codex" ? AGENT_KINDS[spec.kind] : undefined;
    throw new UserError(
      "missing-toolchain",
      `The program of the agent ${spec.id} (${spec.command?.[0] ?? kind?.program ?? "none named"}) was not found.`,
      kind ? `Install it: npm install -g ${kind.npm}.` : "Name it in the study: command: [program, argument ...].",
    );
  }
  return { ...found, version: spec.kind === "command" ? null : await versionOf(found, where, sandbox, scratch) };
}

/** What `--version` says, cut down to the number; null when it says none within ten seconds. */
async function versionOf(
  program: Omit<Program, "version">,
  where: Where,
  sandbox: Sandbox,
  scratch: string,
): Promise<string | null> {
  const quoted = [...program.argv, "--version"].map((arg) => `'${arg.replaceAll("'", "'\\''")}'`).join(" ");
  const home = join(scratch, "version-home");
  const { output } = await sandbox.run({
    shell: quoted,
    cwd: "/",
    env: { PATH: where.path, HOME: home },
    view: { writable: [], readable: program.readable, home },
    limits: { memoryBytes: 2 ** 31, processes: 64, fileBytes: 2 ** 28 },
    network: false,
    timeoutMs: 10_000,
  });
  return /\d+\.\d+\.\d+[\w.-]*/.exec(output)?.[0] ?? null;
}

/** What has to be visible for a file to run: the outermost node_modules that it lies in, else itself alone. */
function packageOf(file: string): string {
  const at = file.indexOf(`${sep}node_modules${sep}`);
  return at < 0 ? file : file.slice(0, at + `${sep}node_modules`.length);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
