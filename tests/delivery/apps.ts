import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { type PreparedApp, prepareApp } from "../../src/app/index.ts";
import { deliver } from "../../src/delivery/index.ts";
import { AppRecipe } from "../../src/model/app.ts";
import type { Contract } from "../../src/model/contract.ts";
import type { Delivery } from "../../src/model/delivery.ts";
import { chooseSandbox } from "../../src/sandbox/index.ts";

export type Files = Readonly<Record<string, string>>;

const { sandbox } = chooseSandbox("auto");

/** Writes the files of an app into a folder of their own, which goes when the test is done. */
export function laid(files: Files): string {
  const folder = mkdtempSync(join(tmpdir(), "delivered-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const NODE = AppRecipe.parse({
  toolchain: "node",
  framework: "none",
  install: "npm install --no-audit --no-fund --loglevel=error",
  build: null,
  start: "exec node server.mjs",
  dependencyFiles: ["package.json"],
  dependencyFolder: "node_modules",
});

const PYTHON = AppRecipe.parse({
  toolchain: "python",
  framework: "none",
  install:
    "python3 -m venv .venv && .venv/bin/python -m pip install -q --disable-pip-version-check -r requirements.txt",
  build: null,
  start: "exec python server.py",
  dependencyFiles: ["requirements.txt"],
  dependencyFolder: ".venv",
});

/** An app that answers, whatever it is asked: what is judged is what is handed over with it. */
const SERVER: Readonly<Record<"node" | "python", Files>> = {
  node: {
    "server.mjs":
      'import { createServer } from "node:http";\ncreateServer((_, res) => res.end("ok")).listen(process.env.PORT);\n',
  },
  python: {
    "server.py": `import os
from http.server import BaseHTTPRequestHandler, HTTPServer


class Ok(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")


HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Ok).serve_forever()
`,
  },
};

export async function prepared(toolchain: "node" | "python", files: Files): Promise<PreparedApp> {
  const folder = laid({ ...SERVER[toolchain], ...files });
  const app = await prepareApp({ name: folder, folder, recipe: toolchain === "node" ? NODE : PYTHON, sandbox });
  onTestFinished(() => app.dispose());
  return app;
}

/** What is found of an app that was handed over, its docs page and first passwords left out. */
export async function delivered(
  toolchain: "node" | "python",
  files: Files,
  { holes = true, contract }: { holes?: boolean; contract?: Contract } = {},
): Promise<Delivery> {
  const app = await prepared(toolchain, files);
  return await deliver({
    app,
    sandbox,
    contract,
    holes,
    docsPage: async () => ({ outcome: "not run", detail: "not part of this test", url: null, picture: null }),
    firstPasswords: async () => null,
    seen: async () => undefined,
    lastWords: null,
    signal: new AbortController().signal,
  });
}
