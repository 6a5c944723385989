import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { extname, join, resolve } from "node:path";
import type { CatalogueEntry, Evidence, ReferenceView, TextView, ViewMessage } from "../model/index.ts";
import { RunFolder } from "../store/index.ts";
import { reasonOf, UserError } from "../util/errors.ts";
import { cutText, sessionView, textOf } from "./details.ts";
import { admit, SAFE_HEADERS } from "./guard.ts";
import { RunReader } from "./run-reader.ts";

/** The code of sessions and references, which other parts know how to read. */
export interface CodeSource {
  /** Text files of a session's last commit that the baseline does not have in this form. */
  files(session: string): Promise<string[]>;
  file(session: string, path: string): Promise<string | undefined>;
  /** From the first session's last commit to the second's. */
  difference(a: string, b: string): Promise<string>;
  /** Where the baseline's reference solution holds a test up. */
  reference(baseline: string, exploit: string): ReferenceView;
}

export interface ViewerOptions {
  run: RunFolder;
  /** The built browser app. */
  app: string;
  cacheFolder: string;
  /** 0 takes a free one. */
  port: number;
  catalogue: readonly CatalogueEntry[];
  curl: (evidence: Evidence) => string;
  code: CodeSource;
  /** How often a run that goes on is looked at; one that does not, five times less often. */
  everyMs?: number;
}

export interface Viewer {
  /** With the token: whoever knows it may read the run. */
  url: string;
  close(): Promise<void>;
}

/** Serves one run on loopback until closed. Throws UserError when the port is taken. */
export async function startViewer(options: ViewerOptions): Promise<Viewer> {
  const token = randomBytes(24).toString("base64url");
  const pages = new Pages(options);
  const server = createServer((request, response) => {
    const port = portOf(server);
    const admission = admit(request, port, token);
    if ("refused" in admission) return plain(response, admission.refused, admission.because);
    pages.answer(admission.path, request, response).catch((error: unknown) => {
      if (!response.headersSent) plain(response, 500, `A fault of ours: ${reasonOf(error)}`);
      else response.destroy();
    });
  });
  await listening(server, options.port);
  pages.watch();
  return {
    url: `http://127.0.0.1:${portOf(server)}/${token}/`,
    close: async () => {
      pages.close();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((done, failed) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      failed(
        error.code === "EADDRINUSE"
          ? new UserError("bad-arguments", `Port ${port} is taken.`, "Leave --port out, and a free one is used.")
          : error,
      ),
    );
    server.listen(port, "127.0.0.1", done);
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return address !== null && typeof address === "object" ? address.port : 0;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

type Found = { json: unknown } | { text: TextView } | { none: string };

/** What lies behind the token. */
class Pages {
  readonly #options: ViewerOptions;
  readonly #reader: RunReader;
  readonly #others = new Map<string, RunReader>();
  readonly #streams = new Set<ServerResponse>();
  /** In memory, so that a newer build beside us changes nothing. */
  readonly #assets: ReadonlyMap<string, Buffer>;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: ViewerOptions) {
    this.#options = options;
    this.#reader = new RunReader(options.run, options.catalogue, options.cacheFolder);
    const files = readdirSync(options.app, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile());
    this.#assets = new Map(
      files.map((entry) => {
        const file = join(entry.parentPath, entry.name);
        return [`/${file.slice(resolve(options.app).length + 1)}`, readFileSync(file)];
      }),
    );
  }

  /** Looks at the folder again and again; never two passes at once. */
  watch(): void {
    const every = this.#options.everyMs ?? 1000;
    const look = async () => {
      await this.#reader.refresh().catch((error: unknown) => process.stderr.write(`${reasonOf(error)}\n`));
      if (!this.#closed) this.#timer = setTimeout(look, this.#reader.busy ? every : every * 5);
    };
    void look();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const stream of this.#streams) stream.end();
  }

  async answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (path === "/api/events") return this.#stream(response);
    if (path.startsWith("/api/")) {
      const query = new URL(request.url ?? "/", "http://127.0.0.1").searchParams;
      const found = await this.#find(path.slice("/api/".length).split("/"), query);
      if ("none" in found) return plain(response, 404, found.none);
      return send(
        response,
        200,
        "application/json; charset=utf-8",
        JSON.stringify("json" in found ? found.json : found.text),
      );
    }
    const name = path === "/" ? "/index.html" : path;
    const asset = this.#assets.get(name);
    if (!asset) return plain(response, 404, "There is no such page.");
    send(response, 200, TYPES[extname(name)] ?? "application/octet-stream", asset);
  }

  /** Server-sent events: the whole run from the beginning, then every change. */
  #stream(response: ServerResponse): void {
    response.writeHead(200, { ...SAFE_HEADERS, "Content-Type": "text/event-stream; charset=utf-8" });
    const end = this.#reader.subscribe((message: ViewMessage) =>
      response.write(`data: ${JSON.stringify(message)}\n\n`),
    );
    this.#streams.add(response);
    response.on("close", () => {
      end();
      this.#streams.delete(response);
    });
  }

  async #find([kind, ...rest]: string[], query: URLSearchParams): Promise<Found> {
    switch (kind) {
      case "session":
        return await this.#session(rest, query);
      case "reference": {
        const [baseline = "", exploit = ""] = rest;
        return { json: this.#options.code.reference(baseline, exploit) };
      }
      case "difference": {
        const [a = "", b = ""] = rest;
        const missing = [a, b].find((id) => !this.#reader.has(id));
        if (missing !== undefined) return { none: `There is no session "${missing}".` };
        return { text: cutText(await this.#options.code.difference(a, b)) };
      }
      case "runs":
        return rest[0] === undefined ? { json: this.#runNames() } : await this.#otherRun(rest[0]);
      default:
        return { none: "There is no such thing." };
    }
  }

  async #session([id = "", part, name = ""]: string[], query: URLSearchParams): Promise<Found> {
    if (!this.#reader.has(id)) return { none: `There is no session "${id}".` };
    const { run, code, curl } = this.#options;
    const folder = run.sessionFolder(id);
    switch (part) {
      case undefined:
        return { json: sessionView(run, id) };
      case "evidence": {
        const evidence = /^[\w-]+$/.test(name) ? run.evidence(id, name) : undefined;
        return evidence ? { json: { evidence, curl: curl(evidence) } } : { none: "No evidence was kept." };
      }
      case "diff":
      case "transcript": {
        const file = part === "diff" ? "diff.patch" : "transcript.ndjson";
        const text = /^\d+$/.test(name) ? textOf(join(folder, "steps", name, file)) : undefined;
        return text ? { text } : { none: `No ${part} was kept.` };
      }
      case "files":
        return { json: await code.files(id) };
      case "file": {
        const text = await code.file(id, query.get("path") ?? "");
        return text === undefined ? { none: "There is no such file." } : { text: cutText(text) };
      }
      default:
        return { none: "There is no such thing." };
    }
  }

  /** Runs beside this one. */
  #runNames(): string[] {
    const folder = resolve(this.#options.run.path, "..");
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, "plan.json")))
      .map(({ name }) => name)
      .sort();
  }

  async #otherRun(name: string): Promise<Found> {
    if (!this.#runNames().includes(name)) return { none: `There is no run "${name}" beside this one.` };
    if (name === this.#reader.name) return { json: this.#reader.snapshot() };
    const known = this.#others.get(name);
    const { run, catalogue, cacheFolder } = this.#options;
    const reader = known ?? new RunReader(RunFolder.open(resolve(run.path, "..", name)), catalogue, cacheFolder);
    this.#others.set(name, reader);
    await reader.refresh();
    return { json: reader.snapshot() };
  }
}

function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  response.writeHead(status, { ...SAFE_HEADERS, "Content-Type": type, "Content-Length": Buffer.byteLength(body) });
  response.end(response.req.method === "HEAD" ? undefined : body);
}

const plain = (response: ServerResponse, status: number, text: string): void =>
  send(response, status, "text/plain; charset=utf-8", `${text}\n`);
