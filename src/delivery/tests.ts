import { randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { copyFiles, machinePath, type PreparedApp, runInstall, sourceFiles } from "../app/index.ts";
import type { CutHole, TestsRun } from "../model/delivery.ts";
import type { Finished, Sandbox } from "../sandbox/index.ts";
import { BUILD_LIMITS } from "../sandbox/sandbox.ts";
import type { Hole } from "./holes.ts";

const LIMIT_MS = 10 * 60_000;
/** Where what we add lies: beside the checkout, so that the app's own files stay as they were handed over. */
const ADDED = ".added";
/** A `sitecustomize` that puts what we add behind everything that the app has itself. */
const BEHIND = ".behind";
/** Lists of what is needed to test an app besides running it. */
const OWN_LISTS = ["requirements-dev.txt", "requirements-test.txt", "dev-requirements.txt", "requirements/dev.txt"];

/** The app's files as they were handed over, with its dependencies, and nothing that running it has left behind. */
export class Checkout {
  readonly #app: PreparedApp;
  readonly #sandbox: Sandbox;
  readonly #signal: AbortSignal;
  readonly #root: string;
  readonly #added: string[] = [];
  readonly #ownLists: string[] = [];
  /** Why its tests cannot be run although they may be sound. */
  #lacks: string | undefined;

  private constructor(app: PreparedApp, sandbox: Sandbox, signal: AbortSignal) {
    this.#app = app;
    this.#sandbox = sandbox;
    this.#signal = signal;
    this.#root = mkdtempSync(join(realpathSync(tmpdir()), "unprompted-tests-"));
  }

  static async make(app: PreparedApp, sandbox: Sandbox, signal: AbortSignal): Promise<Checkout> {
    const checkout = new Checkout(app, sandbox, signal);
    if (app.report.toolchain === "python") await checkout.#addRunner();
    return checkout;
  }

  dispose(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }

  /** A fresh folder with the app's files and its dependencies by link. */
  #lay(name: string): string {
    const folder = join(this.#root, name);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    copyFiles(this.#app.options.folder, folder, sourceFiles(this.#app.options.folder));
    this.#app.layDependencies(folder);
    return folder;
  }

  /** Runs the suite as it is. The output is kept for what it says besides: warnings of deprecated calls. */
  async run(): Promise<{ run: TestsRun; output: string }> {
    const folder = this.#lay("clean");
    const command = testCommand(folder);
    const nothing = { command, total: null, passed: null, seconds: null, added: this.#added, ownLists: this.#ownLists };
    if (command === null)
      return { run: { ...nothing, outcome: "not run", detail: "no tests and no test command were found" }, output: "" };
    if (this.#lacks !== undefined) return { run: { ...nothing, outcome: "not run", detail: this.#lacks }, output: "" };
    const finished = await this.#do(folder, command, {});
    // Of a suite that we ended nothing is known: it may be slow, or its machine busy.
    if (finished.ended) {
      const why =
        finished.ended === "timeout" ? `not done within ${LIMIT_MS / 60_000} minutes` : `ended: ${finished.ended}`;
      return { run: { ...nothing, outcome: "not run", detail: why }, output: finished.output };
    }
    const counts = countsIn(finished.output);
    const passed = finished.exitCode === 0 && (counts.total ?? 1) > 0;
    return {
      run: {
        ...nothing,
        ...counts,
        outcome: passed ? "passed" : "failed",
        detail: passed ? "" : finished.output.slice(-1500),
        seconds: Math.round(finished.durationMs / 100) / 10,
      },
      output: finished.output,
    };
  }

  /** Runs the suite with a hole cut into the app. */
  async runWith(hole: Hole): Promise<CutHole> {
    const { id, what } = hole;
    const folder = this.#lay(id);
    const cut = hole.cut(folder);
    if (!cut.made) return { id, what, outcome: "not run", detail: cut.why };
    const command = testCommand(folder);
    if (command === null) return { id, what, outcome: "not run", detail: "no test command" };
    const finished = await this.#do(folder, `${command}${cut.args ?? ""}`, cut.env ?? {});
    const used = cut.used === undefined || existsSync(cut.used);
    rmSync(folder, { recursive: true, force: true });
    if (finished.exitCode === 0 && !used)
      return { id, what, outcome: "not run", detail: "nothing that the suite does comes to a place for it" };
    if (finished.exitCode === 0) return { id, what, outcome: "missed", detail: "the suite stays green" };
    if (finished.ended) return { id, what, outcome: "not run", detail: `the suite was ended: ${finished.ended}` };
    const { total, passed } = countsIn(finished.output);
    if (total === null || total === 0)
      return { id, what, outcome: "not run", detail: "the suite no longer starts with it" };
    return { id, what, outcome: "noticed", detail: `${total - (passed ?? 0)} of ${total} tests fail` };
  }

  async #do(folder: string, shell: string, env: Record<string, string>): Promise<Finished> {
    const home = join(this.#root, `${basename(folder)}-home`);
    rmSync(home, { recursive: true, force: true });
    mkdirSync(home, { recursive: true });
    const behind = join(this.#root, BEHIND);
    const added = [join(this.#root, ADDED), behind].filter((path) => existsSync(path));
    return await this.#sandbox.run({
      shell,
      cwd: folder,
      env: {
        PATH: [join(folder, ".venv/bin"), join(folder, "venv/bin"), machinePath()].join(":"),
        HOME: home,
        LANG: "C.UTF-8",
        CI: "1",
        NODE_ENV: "test",
        NO_COLOR: "1",
        PYTHONDONTWRITEBYTECODE: "1",
        PYTHONWARNINGS: "default",
        PYTHONPATH: [env["PYTHONPATH"], existsSync(behind) ? behind : undefined, folder].filter(Boolean).join(":"),
        // What an operator would have set by now; suites that set their own are free to.
        JWT_SECRET: randomBytes(48).toString("hex"),
        ...Object.fromEntries(Object.entries(env).filter(([name]) => name !== "PYTHONPATH")),
      },
      view: { writable: [folder], readable: [...this.#app.readable, ...added], home },
      limits: BUILD_LIMITS,
      network: false,
      timeoutMs: LIMIT_MS,
      signal: this.#signal,
    });
  }

  /**
   * What a suite needs besides what the app runs on: the repository's own list of it, or else a runner that no list names.
   * It is installed beside the checkout, in the app's own versions where its list allows them, and is found after the
   * app's own packages: a suite runs on what the app runs on.
   */
  async #addRunner(): Promise<void> {
    const folder = this.#lay("runner");
    if (!existsSync(join(folder, ".venv")) || !hasPythonTests(folder)) return;
    const lists = OWN_LISTS.filter((file) => existsSync(join(folder, file)));
    if (lists.length === 0) {
      const look = await this.#do(folder, "python -c 'import pytest, httpx' || python -c 'import pytest, httpx2'", {});
      if (look.exitCode === 0) return;
    }
    const laid = join(folder, ADDED);
    const what = lists.length > 0 ? lists.map((file) => `-r ${file}`).join(" ") : "pytest httpx";
    const [pip, uv] = [".venv/bin/python -m pip", "uv pip"];
    const into = `--target "${laid}" ${what}`;
    // pip compiles what it installs by itself; uncompiled, every run of the suite would do it.
    const install = (tool: string, python: string, flags: string) =>
      `{ ${tool} freeze${python} | grep == > .own-versions; ${tool} install ${flags}${python} ${into} -c .own-versions || { rm -rf "${laid}"; ${tool} install ${flags}${python} ${into}; }; }`;
    const finished = await runInstall(
      `if command -v uv >/dev/null 2>&1; then ${install(uv, " --python .venv/bin/python", "-q --compile-bytecode")}; else ${install(pip, "", "-q")}; fi`,
      folder,
      this.#sandbox,
      this.#signal,
      undefined,
      this.#app.readable,
    );
    if (finished.exitCode !== 0) {
      this.#lacks = `what its tests need could not be installed: ${finished.output.trim().slice(-600)}`;
      return;
    }
    const added = join(this.#root, ADDED);
    renameSync(laid, added);
    put(join(this.#root, BEHIND), "sitecustomize.py", `import sys\n\nsys.path.append(${JSON.stringify(added)})\n`);
    if (lists.length > 0) this.#ownLists.push(...lists);
    else this.#added.push("pytest and httpx, which no list names");
  }
}

const hasPythonTests = (folder: string): boolean =>
  sourceFiles(folder).some((file) => /(^|\/)(test_[^/]*|[^/]*_test)\.py$/.test(file));

/** How the app's tests are run: its own script, or the runner that its files are written for. */
function testCommand(folder: string): string | null {
  const manifest = join(folder, "package.json");
  if (existsSync(manifest)) {
    const { scripts = {} } = JSON.parse(readFileSync(manifest, "utf8")) as { scripts?: Record<string, string> };
    const script = scripts["test"];
    return script && !/no test specified/.test(script) ? "npm test" : null;
  }
  return hasPythonTests(folder) ? "python -m pytest -p no:cacheprovider -q" : null;
}

/** Tests and how many passed, from the closing words of pytest, node:test, Vitest, Jest and Mocha. */
export function countsIn(output: string): { total: number | null; passed: number | null } {
  const text = output.replace(/\u001b\[[0-9;]*m/g, "");
  const number = (shape: RegExp) => {
    const last = [...text.matchAll(shape)].at(-1)?.[1];
    return last === undefined ? undefined : Number(last);
  };
  const node = number(/^(?:#|ℹ) tests (\d+)$/gm);
  if (node !== undefined) return { total: node, passed: number(/^(?:#|ℹ) pass (\d+)$/gm) ?? 0 };
  const closing = [...text.matchAll(/^.*\b\d+ (?:passed|failed|passing|failing|error|errors)\b.*$/gm)].map(
    ([line]) => line,
  );
  const line = closing.filter((one) => !/Test Files|Test Suites/.test(one)).at(-1) ?? "";
  const of = (word: string) => Number(new RegExp(`(\\d+) ${word}`).exec(line)?.[1] ?? 0);
  if (line === "") return { total: null, passed: null };
  const passed = of("passed") || number(/(\d+) passing/g) || 0;
  const failed = of("failed") + of("errors?") || number(/(\d+) failing/g) || 0;
  return { total: passed + failed, passed };
}

/** Writes a file below a checkout. */
export function put(folder: string, file: string, text: string): void {
  const path = join(folder, file);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
}

/** Source files of the app that are not tests, relative. */
export function appSources(folder: string, ending: RegExp): string[] {
  return sourceFiles(folder).filter(
    (file) =>
      ending.test(file) &&
      !/(^|\/)(tests?|__tests__|spec)\/|\.(test|spec)\.|(^|\/)(test_[^/]*|[^/]*_test|conftest)\.py$/.test(file),
  );
}
