import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";
import { scanApp } from "../../src/cli/scanning.ts";
import type { ScannerRun, ScannerSpec } from "../../src/model/scan.ts";
import { chooseSandbox } from "../../src/sandbox/index.ts";

const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** A folder with these files, removed when the tests of the file are done. */
export function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "unprompted-test-"));
  made.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** Scans a folder, or an address, in the sandbox that this machine has. */
export async function scanned(app: string, asked: readonly ScannerSpec[]): Promise<Map<string, ScannerRun[]>> {
  const isAddress = app.startsWith("http:");
  const { runs } = await scanApp({
    asked,
    folder: isAddress ? null : app,
    app: isAddress ? { url: app } : { none: "no running app was asked for" },
    sandbox: chooseSandbox("auto").sandbox,
  });
  return Map.groupBy(runs, (run) => run.scanner);
}

/** The one result of a scanner that ran; throws with its reason when it did not. */
export function ranOf(runs: ReadonlyMap<string, ScannerRun[]>, scanner: string): ScannerRun & { state: "ran" } {
  const [run] = runs.get(scanner) ?? [];
  if (run?.state !== "ran") throw new Error(`${scanner} did not run: ${run?.reason ?? "no result at all"}`);
  return run;
}

/** A real server on loopback for as long as `use` takes. */
export async function serving<T>(listener: RequestListener, use: (url: string) => Promise<T>): Promise<T> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  try {
    return await use(`http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
