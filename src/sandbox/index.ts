import { UserError } from "../util/errors.ts";
import { bubblewrap, bubblewrapProblem } from "./bubblewrap.ts";
import { noSandbox } from "./none.ts";
import type { Sandbox } from "./sandbox.ts";

export { bubblewrapProblem } from "./bubblewrap.ts";
export * from "./sandbox.ts";

export const SANDBOX_NAMES = ["auto", "bubblewrap", "none"] as const;
export type SandboxName = (typeof SANDBOX_NAMES)[number];

/**
 * The sandbox of that name; `auto` takes bubblewrap where it works. The reason for falling back is in `note`.
 * Throws UserError("no-sandbox") when bubblewrap cannot be had and was asked for by name, or agents are to run: they
 * work with full permissions, and run uncontained only where the user says `none`.
 */
export function chooseSandbox(
  name: SandboxName,
  { forAgents = false }: { forAgents?: boolean } = {},
): { sandbox: Sandbox; note: string } {
  if (name === "none") return { sandbox: noSandbox(), note: "" };
  const problem = bubblewrapProblem();
  if (problem === undefined) return { sandbox: bubblewrap(), note: "" };
  if (name === "bubblewrap" || forAgents) {
    throw new UserError(
      "no-sandbox",
      forAgents ? `Agents run with full permissions, and nothing here contains them: ${problem}.` : problem,
      forAgents
        ? "Install it (Debian, Ubuntu: apt-get install bubblewrap). --sandbox none lets them run as you, with your files and network."
        : "Install it (Debian, Ubuntu: apt-get install bubblewrap), or pass --sandbox none.",
    );
  }
  const sandbox = noSandbox();
  return { sandbox, note: `${problem}; ${sandbox.cost}` };
}
