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
 * Throws UserError("no-sandbox") when bubblewrap was asked for by name and cannot be had: it fails closed.
 */
export function chooseSandbox(name: SandboxName): { sandbox: Sandbox; note: string } {
  if (name === "none") return { sandbox: noSandbox(), note: "" };
  const problem = bubblewrapProblem();
  if (problem === undefined) return { sandbox: bubblewrap(), note: "" };
  if (name === "bubblewrap") {
    throw new UserError(
      "no-sandbox",
      problem,
      "Install it (Debian, Ubuntu: apt-get install bubblewrap), or pass --sandbox none.",
    );
  }
  const sandbox = noSandbox();
  return { sandbox, note: `${problem}; ${sandbox.cost}` };
}
