import { execFileSync, spawn as spawnChild } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bubblewrapProblem, chooseSandbox } from "../../src/sandbox/index.ts";
import { ATTEMPTS, type Attempt, datagrams, marked, type Scene } from "./attempts.ts";

const canary = `canary-${process.pid}-${Date.now().toString(36)}`;
const root = mkdtempSync(join(realpathSync(tmpdir()), "unprompted-attempts-"));
const keys = join(homedir(), ".ssh", canary);
const inShm = `/dev/shm/${canary}`;
const ends: (() => unknown)[] = [];
let common: Omit<Scene, "work" | "home">;
process.env["UNPROMPTED_KIT_CANARY"] = canary;

const listen = async (server: Server, at: object): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(at, resolve));
  ends.push(() => server.close());
  return (server.address() as AddressInfo).port;
};

beforeAll(async () => {
  mkdirSync(keys, { recursive: true });
  mkdirSync(join(root, "other"));
  for (const file of [join(keys, "id"), join(root, "other/app.py"), join(root, "in-tmp"), inShm])
    writeFileSync(file, "canary\n");
  const victim = spawnChild("sh", ["-c", "sleep 600; :", `${canary}-victim`], { stdio: "ignore" });
  ends.push(() => victim.kill("SIGKILL"));
  const datagram = createSocket("udp4");
  await new Promise<void>((resolve) => datagram.bind(0, "127.0.0.1", resolve));
  datagram.on("message", () => datagrams.add(datagram.address().port));
  ends.push(() => datagram.close());
  const sharedMemory = /id: (\d+)/i.exec(execFileSync("ipcmk", ["-M", "64"], { encoding: "utf8" }))?.[1] ?? "";
  ends.push(() => execFileSync("ipcrm", ["-m", sharedMemory]));
  const socket = join(root, "socket");
  await listen(createServer(), { path: socket });
  await listen(createServer(), { path: `\0${canary}` });
  common = {
    secret: join(keys, "id"),
    other: join(root, "other"),
    inTmp: join(root, "in-tmp"),
    inShm,
    product: fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, ""),
    canary,
    victim: victim.pid ?? 0,
    port: await listen(
      createHttp((_, answer) => answer.end("canary")),
      { port: 0 },
    ),
    allowed: await listen(
      createHttp((_, answer) => answer.end("allowed")),
      { port: 0, host: "127.0.0.1" },
    ),
    udp: datagram.address().port,
    socket,
    abstract: canary,
    sharedMemory,
  };
});
afterAll(() => {
  for (const end of ends) end();
  for (const path of [root, keys, inShm]) rmSync(path, { recursive: true, force: true });
});

/** Tries it in a session of its own: whether it escaped, and which limit ended it. */
async function attempt(
  name: "bubblewrap" | "none",
  one: Attempt,
): Promise<{ escaped: boolean; limit: string; said: string }> {
  const folder = mkdtempSync(join(root, "s"));
  const scene: Scene = { ...common, work: join(folder, "project"), home: join(folder, "home") };
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
  for (const left of ["left", "stopped", "chain"].flatMap((end) => marked(`${canary}-${end}`)))
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
