import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bubblewrapProblem, chooseSandbox } from "../../src/sandbox/index.ts";
import { ATTEMPTS, type Attempt, datagrams, marked, type Scene } from "./attempts.ts";
import { type Outside, outside } from "./scene.ts";

let out: Outside;
beforeAll(async () => {
  out = await outside();
});
afterAll(() => out.remove());

/** Tries it in a session of its own: whether it escaped, and which limit ended it. */
async function attempt(
  name: "bubblewrap" | "none",
  one: Attempt,
): Promise<{ escaped: boolean; limit: string; said: string }> {
  const folder = mkdtempSync(join(out.root, "s"));
  const scene: Scene = { ...out.common, work: join(folder, "project"), home: join(folder, "home") };
  mkdirSync(scene.work);
  datagrams.clear();
  const spawned = await chooseSandbox(name).sandbox.spawn({
    argv: ["sh", "-c", one.script(scene)],
    cwd: scene.work,
    env: { PATH: process.env["PATH"] ?? "", LANG: "C.UTF-8" },
    view: { writable: [scene.work], readable: [], home: scene.home },
    limits: { memoryBytes: 256 * 2 ** 20, processes: 100, fileBytes: 48 * 2 ** 20, diskBytes: 64 * 2 ** 20 },
    network: { kind: "hosts", allow: [`127.0.0.1:${scene.allowed}`], forwards: [] },
    timeoutMs: one.limit?.test("time") ? 1500 : 60_000,
  });
  let said = "";
  for (const stream of [spawned.stdout, spawned.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  const { limit = "" } = await spawned.exited;
  // A datagram that was sent is received in the next turns of our own loop.
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  const escaped = said.includes("ESCAPED") || (one.harmed?.(scene) ?? false);
  for (const left of ["left", "stopped", "chain"].flatMap((end) => marked(`${out.common.canary}-${end}`)))
    process.kill(left, "SIGKILL");
  rmSync(folder, { recursive: true, force: true });
  return { escaped, limit, said };
}

const problem = bubblewrapProblem();
describe.skipIf(problem !== undefined)(`attempts to get out of bubblewrap${problem ? ` (${problem})` : ""}`, () => {
  it.each(ATTEMPTS.map((one) => [one.area, one.what, one] as const))("%s: %s", async (_, __, one) => {
    const { escaped, limit, said } = await attempt("bubblewrap", one);
    expect({ escaped, said }).toMatchObject({ escaped: false });
    expect(limit).toMatch(one.limit ?? /^$/);
  });
});

describe("the same attempts without a sandbox, which show that they are real", () => {
  const shown = ATTEMPTS.filter((one) => one.unproven?.() === undefined && !one.contained);
  it.each(shown.map((one) => [one.area, one.what, one] as const))("%s: %s", async (_, __, one) => {
    const { escaped, limit, said } = await attempt("none", one);
    if (one.area === "bounds")
      expect({ escaped, limit }).toMatchObject({ escaped: false, limit: expect.stringMatching(one.limit ?? /^$/) });
    else expect({ escaped, said }).toMatchObject({ escaped: true });
  });
});
