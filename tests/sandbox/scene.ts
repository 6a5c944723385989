import { execFileSync, spawn as spawnChild } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { datagrams, type Scene } from "./attempts.ts";

/** What attempts find outside, and the folder in which sessions are laid out. */
export interface Outside {
  root: string;
  common: Omit<Scene, "work" | "home">;
  remove(): void;
}

/** Makes everything that attempts try to reach: files, a process, servers, sockets, shared memory. */
export async function outside(): Promise<Outside> {
  const canary = `canary-${process.pid}-${Date.now().toString(36)}`;
  const root = mkdtempSync(join(realpathSync(tmpdir()), "unprompted-attempts-"));
  const keys = join(homedir(), ".ssh", canary);
  const inShm = `/dev/shm/${canary}`;
  const ends: (() => unknown)[] = [];
  process.env["UNPROMPTED_KIT_CANARY"] = canary;
  const listen = async (server: Server, at: object): Promise<number> => {
    await new Promise<void>((resolve) => server.listen(at, resolve));
    ends.push(() => server.close());
    return (server.address() as AddressInfo).port;
  };
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
  const common = {
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
  return {
    root,
    common,
    remove() {
      for (const end of ends) end();
      for (const path of [root, keys, inShm]) rmSync(path, { recursive: true, force: true });
    },
  };
}
