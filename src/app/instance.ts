import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { send } from "../http/client.ts";
import { APP_LIMITS, type AppExit, type Served } from "../sandbox/sandbox.ts";
import { runEnvironment } from "./environment.ts";
import type { PreparedApp } from "./prepare.ts";
import { cloneFolder } from "./source.ts";

export interface InstanceOptions {
  /** Settings instead of the app's own choice. */
  settings: Readonly<Record<string, string>>;
  /** Names that must not be in the environment at all, also where we set them by ourselves (NODE_ENV). */
  unset: readonly string[];
}

export type StartResult =
  | { kind: "serving"; port: number; startMs: number }
  /** It ended by itself before it answered. */
  | { kind: "ended"; exit: AppExit; output: string; startMs: number }
  /** It runs but never gave a whole HTTP answer within the limit. */
  | { kind: "silent"; output: string; listening: number[]; startMs: number };

/** One running copy of the app: own folder, own database, own processes. */
export class Instance {
  readonly folder: string;
  readonly home: string;
  readonly settings: Readonly<Record<string, string>>;
  port = 0;
  readonly #unset: readonly string[];
  readonly #app: PreparedApp;
  #served: Served | undefined;

  constructor(app: PreparedApp, number: number, options: Partial<InstanceOptions>) {
    this.#app = app;
    this.folder = join(app.root, `i${number}`, "app");
    this.home = join(app.root, `i${number}`, "home");
    this.settings = options.settings ?? Object.fromEntries(app.settings.map(({ name, value }) => [name, value]));
    this.#unset = options.unset ?? [];
    mkdirSync(this.home, { recursive: true });
    const { buildFolders } = app.options.recipe;
    cloneFolder(app.prepared, this.folder, app.linked, buildFolders);
  }

  /**
   * Starts the app and waits until it gives a whole HTTP answer, of any kind, on the port it was told or on one that it
   * listens on. Waits on conditions (an answer, an exit), polled every 25 ms, up to the recipe's limit or `timeoutMs`.
   */
  async start(timeoutMs = this.#app.options.recipe.startTimeoutMs): Promise<StartResult> {
    await this.stop();
    const { sandbox } = this.#app.options;
    const started = performance.now();
    const elapsed = () => performance.now() - started;
    const wanted = sandbox.ownPorts ? 8000 : await freePort();
    const served = await sandbox.serve({
      shell: this.#app.start,
      cwd: this.folder,
      env: this.#environment(wanted),
      view: { writable: [this.folder], readable: this.#app.readable, home: this.home },
      limits: APP_LIMITS,
      port: wanted,
    });
    this.#served = served;
    const port = await this.#awaitAnswer(served, wanted, timeoutMs - elapsed());
    if (port !== undefined) {
      this.port = port;
      return { kind: "serving", port, startMs: elapsed() };
    }
    if (served.hasExited) {
      return {
        kind: "ended",
        exit: await served.exited,
        output: served.output().text.slice(-8000),
        startMs: elapsed(),
      };
    }
    return {
      kind: "silent",
      output: served.output().text.slice(-8000),
      listening: await served.listening(),
      startMs: elapsed(),
    };
  }

  #environment(port: number): Record<string, string> {
    const env = { ...runEnvironment(this.home, this.folder, port), ...this.settings };
    return Object.fromEntries(Object.entries(env).filter(([name]) => !this.#unset.includes(name)));
  }

  async #awaitAnswer(served: Served, wanted: number, leftMs: number): Promise<number | undefined> {
    const until = performance.now() + leftMs;
    let failures = 0;
    while (performance.now() < until && !served.hasExited) {
      const ports = await served.listening();
      const candidates = ports.includes(wanted) || ports.length === 0 ? [wanted] : ports;
      for (const port of candidates) {
        const probe = {
          label: "ready?",
          method: "GET",
          path: this.#app.options.recipe.ready,
          from: "127.0.0.1",
          timeoutMs: Math.min(10_000, Math.max(250, until - performance.now())),
        };
        const outcome = await send(() => served.connect(port, "127.0.0.1"), probe, 0);
        if (outcome.answer) return port;
        // Something accepts but does not answer properly: a few tries tell a slow start from a server that never will.
        if (outcome.noAnswer !== "refused" && outcome.noAnswer !== "reset" && ++failures >= 3) return undefined;
      }
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    return undefined;
  }

  connect(from: string): Promise<Duplex> {
    return this.#served ? this.#served.connect(this.port, from) : Promise.reject(new Error("not started"));
  }

  /** True while the app's first process runs. */
  get alive(): boolean {
    return this.#served !== undefined && !this.#served.hasExited;
  }

  /**
   * Whether the app runs and listens now. `alive` may lag behind a connection that was just cut; the supervisor's answer
   * comes after any word of the app's end, and where there is none, the app's port tells.
   */
  async serves(): Promise<boolean> {
    const served = this.#served;
    if (served === undefined || served.hasExited) return false;
    const { sandbox } = this.#app.options;
    const listens = sandbox.ownPorts ? (await served.listening()).length > 0 : await this.#accepts();
    return listens && !served.hasExited;
  }

  async #accepts(): Promise<boolean> {
    try {
      (await this.connect("127.0.0.1")).destroy();
      return true;
    } catch {
      return false;
    }
  }

  /** What the app has written to stdout and stderr, the last 256 KiB. */
  log(): { text: string; totalBytes: number } {
    return this.#served?.output() ?? { text: "", totalBytes: 0 };
  }

  /** Why the app ended, once it has. */
  async exit(): Promise<AppExit | undefined> {
    return this.#served?.hasExited ? await this.#served.exited : undefined;
  }

  /** SQLite files below the app's folder and its HOME, with rows or not, by path. */
  databases(): string[] {
    return [...this.#files(this.folder), ...this.#files(this.home)].filter(isSqlite).sort();
  }

  /** Every file below the app's folder and HOME with its size and time of change, dependencies left out. */
  fileList(): string[] {
    return [...this.#files(this.folder), ...this.#files(this.home)].sort();
  }

  #files(folder: string): string[] {
    const skip = new Set([
      ...this.#app.linked,
      ".git",
      "node_modules",
      ".npm",
      ...this.#app.options.recipe.buildFolders.filter((f) => f !== "build"),
    ]);
    const out: string[] = [];
    const entriesOf = (at: string) => {
      try {
        return readdirSync(at, { withFileTypes: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
        throw error;
      }
    };
    const visit = (at: string) => {
      for (const entry of entriesOf(at)) {
        if (skip.has(entry.name)) continue;
        const path = join(at, entry.name);
        if (entry.isDirectory()) visit(path);
        else if (entry.isFile()) out.push(path);
      }
    };
    if (existsSync(folder)) visit(folder);
    return out;
  }

  /** Removes a setting from `.env` files of this copy: a developer's own file must not stand in for the environment. */
  removeFromEnvFiles(name: string): void {
    for (const file of [".env", ".env.local", ".env.production", ".env.production.local"]) {
      const path = join(this.folder, file);
      if (!existsSync(path)) continue;
      const lines = readFileSync(path, "utf8").split("\n");
      writeFileSync(path, lines.filter((line) => !new RegExp(`^\\s*(export\\s+)?${name}\\s*=`).test(line)).join("\n"));
    }
  }

  async stop(): Promise<void> {
    await this.#served?.stop();
    this.#served = undefined;
  }

  async dispose(): Promise<void> {
    await this.stop();
    rmSync(join(this.folder, ".."), { recursive: true, force: true });
  }
}

function isSqlite(path: string): boolean {
  if (/-(wal|shm|journal)$/.test(path)) return false;
  if (existsSync(`${path}-wal`)) return true;
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    // Apps make and remove files while we look.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
  try {
    const head = Buffer.alloc(16);
    return readSync(fd, head) === 16 && head.toString("latin1") === "SQLite format 3\u0000";
  } finally {
    closeSync(fd);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
