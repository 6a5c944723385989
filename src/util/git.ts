import type { Readable } from "node:stream";
import { execa } from "execa";
import { HarnessError } from "./errors.ts";

/**
 * Runs git so that nothing that an agent planted can take part: no system or user configuration, no hooks, no file
 * system monitor, no attributes from outside, fixed author and dates only where the caller gives them.
 */
export async function git(
  args: readonly string[],
  options: { gitDir: string; workTree?: string; input?: string | Readable; env?: Record<string, string> },
): Promise<string> {
  const safe = [
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.attributesFile=/dev/null",
    "-c",
    "core.autocrlf=false",
  ];
  const quiet = [
    "-c",
    "gc.auto=0",
    "-c",
    "advice.detachedHead=false",
    "-c",
    "protocol.allow=never",
    "-c",
    "protocol.file.allow=always",
    "-c",
    "commit.gpgSign=false",
  ];
  const where = [`--git-dir=${options.gitDir}`, ...(options.workTree ? [`--work-tree=${options.workTree}`] : [])];
  const result = await execa("git", [...safe, ...quiet, ...where, ...args], {
    cwd: options.workTree ?? "/",
    reject: false,
    extendEnv: false,
    stripFinalNewline: false,
    maxBuffer: 256 * 1024 * 1024,
    ...(options.input === undefined ? {} : { input: options.input }),
    env: {
      PATH: process.env["PATH"] ?? "",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_ATTR_NOSYSTEM: "1",
      GIT_TERMINAL_PROMPT: "0",
      GIT_AUTHOR_NAME: "unprompted",
      GIT_AUTHOR_EMAIL: "session@unprompted.invalid",
      GIT_COMMITTER_NAME: "unprompted",
      GIT_COMMITTER_EMAIL: "session@unprompted.invalid",
      ...options.env,
    },
  });
  if (result.exitCode !== 0)
    throw new HarnessError(
      `git ${args[0] ?? ""} failed: ${String(result.stderr).trim().split("\n").slice(-3).join(" ")}`,
    );
  return String(result.stdout);
}
