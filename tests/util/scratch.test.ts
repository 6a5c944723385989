import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { removeTree } from "../../src/util/scratch.ts";

let shared: string;
beforeEach(() => {
  shared = mkdtempSync(join(realpathSync(tmpdir()), "unprompted-scratch-"));
});
afterEach(() => rmSync(shared, { recursive: true, force: true }));

const MODULE = fileURLToPath(new URL("../../src/util/scratch.ts", import.meta.url));
/** A process that claims its scratch folder, prints where, and does what `then` says. */
function claimant(then: string) {
  const code = `import { claimScratch } from ${JSON.stringify(MODULE)}; claimScratch(); console.log(process.env.TMPDIR); ${then}`;
  const args = ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", code];
  return spawn(process.execPath, args, {
    env: { ...process.env, TMPDIR: shared },
    stdio: ["ignore", "pipe", "inherit"],
  });
}
const folderOf = async (child: ReturnType<typeof claimant>) => String((await once(child.stdout, "data"))[0]).trim();

describe("the folder for what is temporary", () => {
  it("is gone when the process has ended", async () => {
    const child = claimant("");
    const folder = await folderOf(child);
    await once(child, "exit");
    expect(folder.startsWith(shared)).toBe(true);
    expect(readdirSync(shared)).toEqual([]);
  });

  it("of a killed process is removed by the next, of a living one is not", async () => {
    const [killed, living] = [claimant("setInterval(() => {}, 1000)"), claimant("setInterval(() => {}, 1000)")];
    const [dead, alive] = await Promise.all([folderOf(killed), folderOf(living)]);
    killed.kill("SIGKILL");
    await once(killed, "exit");
    writeFileSync(join(dead, "left"), "x");
    await once(claimant(""), "exit");
    expect([existsSync(dead), existsSync(alive)]).toEqual([false, true]);
    living.kill("SIGKILL");
    await once(living, "exit");
  });
});

it("takes with it a process that a killed one left waiting on a file in it", async () => {
  const leave = `const { spawn } = await import("node:child_process"); const { openSync } = await import("node:fs");
    const held = openSync(process.env.TMPDIR + "/held", "w");
    console.log(spawn("sleep", ["300"], { detached: true, stdio: ["ignore", "ignore", "ignore", held] }).pid); setInterval(() => {}, 1000)`;
  const child = claimant(leave);
  let said = "";
  child.stdout.on("data", (chunk) => {
    said += chunk;
  });
  await expect.poll(() => said.trim().split("\n").length, { timeout: 20_000 }).toBe(2);
  const left = Number(said.trim().split("\n")[1]);
  child.kill("SIGKILL");
  await once(child, "exit");
  process.kill(left, 0);
  await once(claimant(""), "exit");
  // Ended, or waiting to be reaped by whoever inherited it.
  const state = () =>
    existsSync(`/proc/${left}`) ? readFileSync(`/proc/${left}/stat`, "latin1").split(") ")[1]?.[0] : "gone";
  await expect.poll(state, { timeout: 10_000 }).toMatch(/Z|gone/);
});

describe("removing what others wrote", () => {
  it("opens closed folders and follows no link", () => {
    const [tree, outside] = [join(shared, "tree"), join(shared, "outside")];
    mkdirSync(join(tree, "closed/deep"), { recursive: true });
    mkdirSync(outside);
    writeFileSync(join(outside, "kept"), "x");
    symlinkSync(outside, join(tree, "closed/deep/link"));
    chmodSync(join(tree, "closed/deep"), 0);
    chmodSync(join(tree, "closed"), 0);
    removeTree(tree);
    expect([existsSync(tree), existsSync(join(outside, "kept"))]).toEqual([false, true]);
  });
});
