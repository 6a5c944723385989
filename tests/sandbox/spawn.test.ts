import { spawn as spawnChild } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import {
  AGENT_LIMITS,
  bubblewrapProblem,
  chooseSandbox,
  type Network,
  type SpawnCommand,
} from "../../src/sandbox/index.ts";

const root = mkdtempSync(join(realpathSync(tmpdir()), "unprompted-spawn-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const problem = bubblewrapProblem();
const names = problem === undefined ? (["bubblewrap", "none"] as const) : (["none"] as const);
const NODE = process.execPath;
process.env["UNPROMPTED_KIT"] = "in our own environment";

/** A web server on this machine's loopback that answers with its name. */
async function server(name: string): Promise<{ port: number; close: () => void }> {
  const listener = createServer((_, response) => response.end(name));
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  return { port: (listener.address() as AddressInfo).port, close: () => listener.close() };
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

describe.each(names)("programs that one talks with, in the sandbox %s", (name) => {
  const { sandbox } = chooseSandbox(name);
  const work = join(root, name, "project");
  mkdirSync(work, { recursive: true });
  const command = (
    argv: string[],
    network: Network = { kind: "none" },
    more: Partial<SpawnCommand> = {},
  ): SpawnCommand => ({
    argv,
    cwd: work,
    env: { PATH: process.env["PATH"] ?? "", SPOKEN: "a b\n'c'" },
    view: { writable: [work], readable: [], home: join(root, name, "home") },
    limits: AGENT_LIMITS,
    network,
    ...more,
  });
  /** Runs to the end and gives all that it said. */
  async function said(...args: Parameters<typeof command>) {
    const spawned = await sandbox.spawn(command(...args));
    let [out, err] = ["", ""];
    spawned.stdout.setEncoding("utf8").on("data", (text) => {
      out += text;
    });
    spawned.stderr.setEncoding("utf8").on("data", (text) => {
      err += text;
    });
    const exit = await spawned.exited;
    return { out, err, exit, hosts: spawned.hosts() };
  }

  it("talks both ways and gives the exit code, with arguments and environment as they are", async () => {
    const spawned = await sandbox.spawn(
      command(["sh", "-c", 'read line; printf "%s|%s|%s|%s" "$line" "$1" "$SPOKEN" "$HOME"; exit 7', "sh", "x  'y'"]),
    );
    let out = "";
    spawned.stdout.on("data", (chunk) => {
      out += chunk;
    });
    spawned.stdin.write("hello there\n");
    expect(await spawned.exited).toEqual({ code: 7, signal: null });
    expect(out).toBe(`hello there|x  'y'|a b\n'c'|${join(root, name, "home")}`);
    await spawned.stop();
  });

  it("says 127 for a program that is not there", async () => {
    const { exit, err } = await said(["no-such-program"]);
    expect(exit.code).toBe(127);
    expect(err).toMatch(/not found/);
  });

  it("takes prompts of any length", async () => {
    const prompt = "ä".repeat(60_000);
    const { out } = await said(["sh", "-c", 'printf %s "$1" | wc -c', "sh", prompt]);
    expect(Number(out)).toBe(120_000);
  });

  it("ends the whole tree on stop, also what left its session", async () => {
    const ticks = join(work, "ticks");
    const tick = `while :; do echo tick >> '${ticks}'; sleep 0.05; done`;
    const spawned = await sandbox.spawn(
      command(["sh", "-c", name === "none" ? tick : `setsid sh -c "${tick}" & wait`]),
    );
    await expect.poll(() => existsSync(ticks), { timeout: 10_000 }).toBe(true);
    await spawned.stop();
    const size = readFileSync(ticks).length;
    await said(["sleep", "0.3"]);
    expect(readFileSync(ticks).length).toBe(size);
    expect((await spawned.exited).code).not.toBe(0);
  });

  it("ends at its time, and on abort, and says so", async () => {
    expect((await said(["sleep", "600"], { kind: "none" }, { timeoutMs: 300 })).exit.limit).toMatch(/^time: /);
    const signal = AbortSignal.timeout(300);
    expect((await said(["sleep", "600"], { kind: "none" }, { signal })).exit.limit).toBe("aborted");
  });

  it.each([
    ["memory", `python3 -c 'x = bytearray(900 * 1024 * 1024); import time; time.sleep(60)'`],
    ["processes", "for i in $(seq 1 200); do sleep 60 & done; wait"],
    ["disk", "for i in $(seq 1 200); do head -c 1048576 /dev/zero > file-$i; done; sleep 60"],
  ])("ends what takes too much: %s", async (what, shell) => {
    const limits = { memoryBytes: 512 * 2 ** 20, processes: 64, fileBytes: 2 ** 30, diskBytes: 64 * 2 ** 20 };
    const { exit } = await said(["sh", "-c", shell], { kind: "none" }, { limits });
    expect(exit.limit).toMatch(new RegExp(`^${what}: `));
    for (const file of readdirSync(work)) if (file.startsWith("file-")) rmSync(join(work, file));
  });

  it("leads allowed hosts through the proxy, refuses the rest, and notes both", async () => {
    const [model, other] = [await server("model"), await server("other")];
    const get = (url: string, proxy: boolean) =>
      `curl -s -m 5 ${proxy ? "--noproxy ''" : ""} -o /dev/null -w '%{http_code} ' ${url}`;
    const script = [
      get(`http://127.0.0.1:${model.port}/`, true),
      get(`http://127.0.0.1:${other.port}/`, true),
      get("http://refused.example/", true),
      get("https://refused.example/", true),
      name === "none" ? "printf '000 '" : get(`http://127.0.0.1:${other.port}/`, false),
    ].join("; ");
    const network: Network = { kind: "hosts", allow: [`127.0.0.1:${model.port}`], forwards: [] };
    const { out, hosts } = await said(["sh", "-c", script], network);
    expect(out.trim()).toBe("200 403 403 000 000");
    expect(hosts.map(({ host, port, allowed, times }) => [host, port, allowed, times])).toEqual([
      ["127.0.0.1", model.port, true, 1],
      ["127.0.0.1", other.port, false, 1],
      ["refused.example", 80, false, 1],
      ["refused.example", 443, false, 1],
    ]);
    model.close();
    other.close();
  });

  it("has a port inside that leads to one outside", async () => {
    const model = await server("scripted");
    const forwards = [{ port: 18_472, to: { host: "127.0.0.1", port: model.port } }];
    const { out, hosts } = await said(["curl", "-s", "-m", "5", "http://127.0.0.1:18472/"], {
      kind: "hosts",
      allow: [],
      forwards,
    });
    expect(out).toBe("scripted");
    expect(hosts).toEqual([]);
    model.close();
  });

  it("ends when the harness is killed, and leaves no process", async () => {
    const script = fileURLToPath(new URL("spawner.ts", import.meta.url));
    const child = spawnChild(NODE, ["--disable-warning=ExperimentalWarning", script, name, join(root, name)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const marker = await new Promise<string>((resolve) =>
      child.stdout.once("data", (text) => resolve(String(text).trim())),
    );
    const alive = () => readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && commandLine(pid).includes(marker));
    await expect.poll(alive, { timeout: 10_000 }).not.toEqual([]);
    child.kill("SIGKILL");
    await expect.poll(alive, { timeout: 10_000 }).toEqual([]);
  });

  it.runIf(name === "bubblewrap")(
    "shows neither the project, nor HOME, nor the environment, nor our descriptors",
    async () => {
      const project = fileURLToPath(new URL("../..", import.meta.url));
      const { out } = await said([
        "sh",
        "-c",
        `ls ${project} ${homedir()}/.ssh /var/lib /srv /home /run/user 2>/dev/null; env -0 | cut -z -d= -f1 | sort -z | tr '\\0' ' '; ls /proc/self/fd | tr '\\n' ' '; cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -a UNPROMPTED_KIT; touch /x /usr/x /etc/x /dev/x 2>/dev/null; ls -d /x /usr/x /etc/x /dev/x 2>/dev/null; cat /etc/shadow 2>/dev/null; id -u`,
      ]);
      expect(out.trim()).toBe("HOME PATH PWD SPOKEN 0 1 2 3 1000");
    },
  );
});

describe("agents", () => {
  it("are refused where nothing contains them, unless that is asked for by name", () => {
    expect(chooseSandbox("none", { forAgents: true }).sandbox.name).toBe("none");
    if (problem === undefined) expect(chooseSandbox("auto", { forAgents: true }).sandbox.name).toBe("bubblewrap");
    else expect(() => chooseSandbox("auto", { forAgents: true })).toThrow(/bubblewrap/);
  });
});
