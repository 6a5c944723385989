import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { send } from "../../src/http/index.ts";
import { bubblewrapProblem, chooseSandbox, type ServeCommand } from "../../src/sandbox/index.ts";

const root = mkdtempSync(join(tmpdir(), "unprompted-kit-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const limits = { memoryBytes: 512 * 1024 ** 2, processes: 64, fileBytes: 1024 ** 2 };
const problem = bubblewrapProblem();
const names = problem === undefined ? (["bubblewrap", "none"] as const) : (["none"] as const);
if (problem !== undefined) process.stderr.write(`bubblewrap is not tested here: ${problem}\n`);

describe.each(names)("the sandbox %s", (name) => {
  const { sandbox } = chooseSandbox(name);
  const work = mkdtempSync(join(root, `${name}-`));
  const command = (shell: string): Omit<ServeCommand, "port"> => ({
    shell,
    cwd: work,
    env: { PATH: process.env["PATH"] ?? "" },
    view: { writable: [work], readable: [], home: join(work, "home") },
    limits,
  });
  const run = (shell: string, timeoutMs = 20_000) => sandbox.run({ ...command(shell), network: false, timeoutMs });

  it("runs to the end and keeps the output", async () => {
    expect(await run("echo out; echo err >&2; exit 7")).toMatchObject({
      exitCode: 7,
      output: expect.stringContaining("out"),
    });
  });

  it("ends what does not end, with its children", async () => {
    const finished = await run("(while :; do echo tick >> ticks; sleep 0.1; done) & sleep 600", 700);
    expect(finished.ended).toBe("timeout");
    const size = () => readFileSync(join(work, "ticks")).length;
    const after = size();
    await run("sleep 0.5");
    expect(size()).toBe(after);
  });

  it("survives output without end", async () => {
    const finished = await run("yes an endless line | head -c 50000000");
    expect(finished.exitCode).toBe(0);
    expect(finished.output.length).toBeLessThan(200_000);
  });

  it("serves, says the port, and stops as a whole", async () => {
    const port = sandbox.ownPorts ? 8000 : 18_471;
    const served = await sandbox.serve({
      ...command(
        `python3 -c 'import http.server as h; h.test(HandlerClass=h.SimpleHTTPRequestHandler, port=${port}, bind="127.0.0.1")' & wait`,
      ),
      port,
    });
    try {
      await expect.poll(() => served.listening(), { timeout: 20_000 }).toContain(port);
      const { answer } = await send(
        (from) => served.connect(port, from),
        { label: "x", method: "GET", path: "/", from: "127.0.0.1" },
        1,
      );
      expect(answer?.status).toBe(200);
    } finally {
      await served.stop();
    }
    expect(served.hasExited).toBe(true);
    const gone = await send(
      (from) => served.connect(port, from),
      { label: "x", method: "GET", path: "/", from: "127.0.0.1", timeoutMs: 2000 },
      1,
    );
    expect(gone.answer).toBeUndefined();
  });

  it.runIf(name === "none" && process.platform === "linux")(
    "leaves nothing behind when its supervisor gets a signal, as from Ctrl-C",
    async () => {
      const served = await sandbox.serve({ ...command("echo $$ > pid; exec sleep 600"), port: 8000 });
      const pidFile = join(work, "pid");
      await expect
        .poll(() => existsSync(pidFile) && readFileSync(pidFile, "utf8").trim(), { timeout: 10_000 })
        .toBeTruthy();
      const pid = Number(readFileSync(pidFile, "utf8"));
      const stat = () => readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
      process.kill(Number(stat()[1]), "SIGTERM");
      await served.exited;
      // Ended, or waiting to be reaped.
      await expect.poll(() => !existsSync(`/proc/${pid}`) || stat()[0] === "Z", { timeout: 10_000 }).toBe(true);
      await served.stop();
    },
  );

  it("ends a program that takes too much memory, and says so", async () => {
    const served = await sandbox.serve({
      ...command("python3 -c 'x = bytearray(900 * 1024 * 1024); import time; time.sleep(60)'"),
      port: 8000,
    });
    const exit = await served.exited;
    expect(exit.limit).toMatch(/memory/);
    await served.stop();
  });

  it("ends a program that forks without end", async () => {
    const served = await sandbox.serve({ ...command("for i in $(seq 1 200); do sleep 60 & done; wait"), port: 8000 });
    const exit = await served.exited;
    expect(exit.limit).toMatch(/processes/);
    await served.stop();
  });

  it.runIf(name === "bubblewrap")(
    "shows neither HOME, nor other folders to write, nor the network, nor other processes",
    async () => {
      const secret = join(homedir(), ".unprompted-kit-secret");
      writeFileSync(secret, "secret");
      try {
        const attempts = [
          `cat ${secret}`,
          `ls ${homedir()}/.ssh/..`,
          "echo x > /etc/unprompted-kit",
          "echo x > /usr/unprompted-kit",
          "curl -s -m 2 http://127.0.0.1:1/ || python3 -c 'import socket; socket.create_connection((\"1.1.1.1\", 53), 2)'",
          `kill -0 ${process.pid}`,
          `test -d /proc/${process.pid}`,
          "ls /run/user",
          `ln -s ${secret} link && cat link`,
        ];
        for (const attempt of attempts) {
          const { exitCode, output } = await run(attempt);
          if (attempt.startsWith("ls /root") || attempt.includes(".ssh"))
            expect(output, attempt).not.toContain(".unprompted-kit-secret");
          else expect(exitCode, `${attempt}: ${output}`).not.toBe(0);
          expect(output, attempt).not.toContain("secret\n");
        }
        // Its /tmp is its own: what it writes there never reaches ours.
        await run(`echo x > ${root}/outside; echo x > /tmp/unprompted-kit-outside`);
        for (const path of [join(root, "outside"), "/tmp/unprompted-kit-outside"])
          expect(existsSync(path), path).toBe(false);
      } finally {
        rmSync(secret, { force: true });
      }
    },
  );
});
