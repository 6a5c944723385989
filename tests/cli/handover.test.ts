import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";

const BIN = fileURLToPath(new URL("../../bin/unprompted.js", import.meta.url));

/** A Node of this machine that is too old for the product; its own packages hold a newer one. */
const older = (process.env["PATH"] ?? "")
  .split(delimiter)
  .filter((folder) => !folder.includes("node_modules"))
  .map((folder) => join(folder, "node"))
  .find((node) => existsSync(node) && Number(execFileSync(node, ["-p", "process.versions.node.split('.')[0]"])) < 24);

const folder = mkdtempSync(join(tmpdir(), "handover-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.skipIf(older === undefined)(
  `SIGKILL of a command that an older Node has handed over ends all of it${older ? "" : " (no older Node here)"}`,
  async () => {
    const script = join(folder, "script.yaml");
    writeFileSync(script, "turns:\n  - answers:\n      - say: hello\n");
    const command = spawn(older ?? "", [BIN, "model-server", script, "--port", "0"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output = createInterface({ input: command.stdout });
    await once(output, "line");
    const children = readFileSync(`/proc/${command.pid}/task/${command.pid}/children`, "utf8").trim().split(" ");
    expect(children).toHaveLength(1);
    // The child holds the other end of our pipe: it closes when both have ended.
    const closed = once(command, "close");
    command.kill("SIGKILL");
    await closed;
    expect(
      existsSync(`/proc/${children[0]}/environ`) && readFileSync(`/proc/${children[0]}/cmdline`, "utf8"),
    ).toBeFalsy();
  },
);

it.skipIf(older === undefined)("a Node that is too old where another has handed over says so and ends", () => {
  expect(() =>
    execFileSync(older ?? "", [BIN, "--version"], {
      env: { ...process.env, UNPROMPTED_HANDED_OVER: "yes" },
      stdio: "pipe",
    }),
  ).toThrow(/needs Node 24/);
});
