import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runInstall } from "../../src/app/dependencies.ts";
import { bubblewrapProblem, chooseSandbox } from "../../src/sandbox/index.ts";
import { KeptRepository, Workspace } from "../../src/workspace/index.ts";
import { ATTEMPTS, datagrams, type Scene } from "./attempts.ts";
import { type Outside, outside } from "./scene.ts";

let out: Outside;
let scene: Scene;
beforeAll(async () => {
  out = await outside();
  scene = { ...out.common, work: join(out.root, "project"), home: join(out.root, "home") };
  mkdirSync(scene.work);
});
afterAll(() => out.remove());
const problem = bubblewrapProblem();
const { sandbox } = chooseSandbox("auto");

/** Attempts that concern what an install script, a build or the app itself can see of the machine. */
const CONCERNED = ATTEMPTS.filter(
  ({ area, what }) =>
    ["files", "environment", "processes", "network", "kernel"].includes(area) && !what.startsWith("end every"),
);

describe.skipIf(problem !== undefined)(`what we install, build and start${problem ? ` (${problem})` : ""}`, () => {
  it(`gets no further than an agent with ${CONCERNED.length} attempts, though package registries are open to it`, async () => {
    const script = CONCERNED.map(
      (one, i) =>
        `cat > try-${i}.sh <<'ATTEMPT-${i}'\n${one.script(scene)}\nATTEMPT-${i}\nsh try-${i}.sh 2>&1 | sed 's/^/${i}: /'`,
    ).join("\n");
    const { output, exitCode } = await sandbox.run({
      shell: `${script}\necho all tried`,
      cwd: scene.work,
      env: { PATH: process.env["PATH"] ?? "" },
      view: { writable: [scene.work], readable: [], home: scene.home },
      limits: { memoryBytes: 2 ** 30, processes: 100, fileBytes: 2 ** 20 },
      network: "public",
      timeoutMs: 280_000,
    });
    expect(exitCode).toBe(0);
    expect(output).toContain("all tried");
    const escaped = [...output.matchAll(/^(\d+): ESCAPED/gm)].map(([, i]) => CONCERNED[Number(i)]?.what);
    expect(escaped).toEqual([]);
    expect(datagrams.size).toBe(0);
  }, 300_000);

  it("reaches a registry on this machine only when its environment names it", async () => {
    const get = async (env: Record<string, string>) => {
      const finished = await sandbox.run({
        shell: `curl -s -m 5 -x "$HTTP_PROXY" --noproxy '' http://127.0.0.1:${scene.port}/`,
        cwd: scene.work,
        env: { PATH: process.env["PATH"] ?? "", HTTP_PROXY: "http://127.0.0.1:1", ...env },
        view: { writable: [scene.work], readable: [], home: scene.home },
        limits: { memoryBytes: 2 ** 30, processes: 100, fileBytes: 2 ** 20 },
        network: "public",
        timeoutMs: 60_000,
      });
      return finished.output;
    };
    expect(await get({})).toContain("is not among the hosts allowed");
    expect(await get({ npm_config_registry: `http://127.0.0.1:${scene.port}/npm/` })).toContain("canary");
  });

  it("runs install scripts and planted settings of npm where they reach nothing", async () => {
    const folder = mkdtempSync(join(out.root, "install"));
    const put = (name: string, text: string, mode = 0o644) => {
      writeFileSync(join(folder, name), text);
      chmodSync(join(folder, name), mode);
    };
    const target = join(out.root, "reached");
    const steal = `cat ${scene.secret} > stolen; cat ${scene.product}/package.json >> stolen; touch ${target}; echo ran > ran`;
    put("steal.sh", `#!/bin/sh\n${steal}\nexec /bin/sh "$@"\n`, 0o755);
    put(
      "package.json",
      JSON.stringify({ name: "x", version: "1.0.0", scripts: { preinstall: steal, postinstall: steal } }),
    );
    put(".npmrc", `prefix=${target}\nscript-shell=${folder}/steal.sh\nlogs-dir=${target}\n`);
    const finished = await runInstall("npm install --no-audit --offline", folder, sandbox, undefined);
    expect(existsSync(join(folder, "ran")), finished.output).toBe(true);
    expect(readFileSync(join(folder, "stolen"), "utf8")).toBe("");
    expect(existsSync(target)).toBe(false);
    expect(readdirSync(out.root)).not.toContain("reached");
  });

  it("takes over no programs, environments or caches that an agent put beside its work", async () => {
    const workspace = await Workspace.create(join(out.root, "planted"));
    const put = (name: string) => {
      mkdirSync(join(workspace.workTree, name, ".."), { recursive: true });
      writeFileSync(join(workspace.workTree, name), "#!/bin/sh\ntouch /tmp/ran\n", { mode: 0o755 });
    };
    const planted = [
      "node_modules/.bin/npm",
      ".venv/bin/pip",
      ".venv/lib/x.pth",
      "__pycache__/main.pyc",
      "sub/node_modules/x.js",
    ];
    for (const name of [...planted, "conftest.py", "sitecustomize.py", "package.json"]) put(name);
    await workspace.commit("baseline");
    await workspace.bundle(join(out.root, "planted.bundle"));
    const kept = await KeptRepository.open(join(out.root, "planted.bundle"), out.root);
    await kept.checkOut(await kept.head(), join(out.root, "planted-back"));
    // Tests and start hooks of Python are part of the app; nothing of ours runs them but the app, in its sandbox.
    expect(readdirSync(join(out.root, "planted-back")).sort()).toEqual([
      "conftest.py",
      "package.json",
      "sitecustomize.py",
    ]);
  });
});
