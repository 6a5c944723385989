import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Option } from "commander";
import { cacheFolder, copyFiles, doorTo, installEnvironment, type PreparedApp, sourceFiles } from "../app/index.ts";
import type { ScannerReport } from "../model/scan.ts";
import type { Sandbox } from "../sandbox/index.ts";
import { type Asked, checkScanners, needsRunningApp, type ScanTarget, scan } from "../scanners/index.ts";
import { list } from "./options.ts";

export const scannersOption = (): Option =>
  new Option(
    "--scanners <names>",
    "which scanners to run besides: found (the quick ones that are installed), all, none, or names",
  ).argParser(list);

/** What `--scanners` asks for; undefined for `none`. Throws UserError for a name that no scanner has. */
export async function askedFor(names: readonly string[] | undefined): Promise<Asked | undefined> {
  if (!names || names.length === 0) return "found";
  const [only] = names;
  if (names.length === 1 && only === "none") return undefined;
  if (names.length === 1 && (only === "found" || only === "all")) return only;
  await checkScanners(names);
  return names;
}

export interface ScanAppOptions {
  asked: Asked;
  /** The app's source; null when only its address is known. */
  folder: string | null;
  /** How a running copy is had. */
  app: PreparedApp | { url: string } | { none: string };
  sandbox: Sandbox;
  signal?: AbortSignal | undefined;
  onScanner?: (id: string) => void;
}

/** Files by which an app could tell a scanner what not to see. */
const HUSHING = /(^|\/)(\.bandit|\.semgrepignore|\.npmrc|osv-scanner\.toml)$/;

/**
 * Scans one app: its source as a copy without dependencies, and a fresh running copy behind a loopback port of this
 * machine, open for as long as the scan takes. The scanners run in a sandbox of their own, beside the app's: they are
 * programs for this machine's files and interpreters, which the app's namespace does not show, and need no way out.
 */
export async function scanApp(options: ScanAppOptions): Promise<ScannerReport> {
  const scratch = mkdtempSync(join(realpathSync(tmpdir()), "unprompted-source-"));
  try {
    const { folder } = options;
    const source = join(scratch, "source");
    if (folder !== null)
      copyFiles(
        folder,
        source,
        sourceFiles(folder).filter((file) => !HUSHING.test(file)),
      );
    return await withRunningApp(options, (url) =>
      scan({
        asked: options.asked,
        target: { folder: folder === null ? null : source, url },
        sandbox: options.sandbox,
        env: installEnvironment(join(scratch, "home")),
        readable: [join(cacheFolder(), "tools")],
        signal: options.signal,
        ...(options.onScanner ? { onScanner: options.onScanner } : {}),
      }),
    );
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function withRunningApp(
  { app, asked }: ScanAppOptions,
  use: (url: ScanTarget["url"]) => Promise<ScannerReport>,
): Promise<ScannerReport> {
  if ("none" in app) return await use(app);
  if ("url" in app) return await use(app.url);
  if (!(await needsRunningApp(asked))) return await use({ none: "no running app was asked for" });
  const instance = app.newInstance();
  try {
    const started = await instance.start();
    if (started.kind !== "serving")
      return await use({ none: `a fresh copy of the app did not come up (${started.kind})` });
    const door = await doorTo(instance);
    try {
      return await use(door.url);
    } finally {
      door.close();
    }
  } finally {
    await instance.dispose();
  }
}
