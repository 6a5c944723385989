import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Constraint, DirectDependency } from "../model/supply-chain.ts";
import { reasonOf } from "../util/errors.ts";
import type { LockedPackage, Lockfile, Reading } from "./package.ts";

const Names = z.record(z.string(), z.string()).default({});
const Manifest = z.looseObject({ dependencies: Names, devDependencies: Names, optionalDependencies: Names });
const Entry = z.looseObject({
  name: z.string().optional(),
  version: z.string().optional(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  link: z.boolean().optional(),
  license: z.union([z.string(), z.unknown()]).optional(),
  hasInstallScript: z.boolean().optional(),
  deprecated: z.string().optional(),
  inBundle: z.boolean().optional(),
  optional: z.boolean().optional(),
  dependencies: Names,
  devDependencies: Names,
  optionalDependencies: Names,
});
type Entry = z.infer<typeof Entry>;
/** https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json: versions 2 and 3 have `packages`. */
const Lock = z.looseObject({ lockfileVersion: z.number(), packages: z.record(z.string(), Entry) });

const LOCKFILES = ["package-lock.json", "npm-shrinkwrap.json"];
const UNREAD = ["yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb"];

/** Reads package.json and npm's lockfile; undefined when there is no package.json that can be read. */
export function readNpm(folder: string): Reading | undefined {
  const manifest = manifestOf(folder);
  if (!manifest) return undefined;
  const file = LOCKFILES.find((name) => existsSync(join(folder, name)));
  const other = UNREAD.find((name) => existsSync(join(folder, name)));
  const lockfile = file ? lockfileOf(folder, file, manifest) : other ? { unreadable: `${other} is not read` } : null;
  const scopes = [
    ["runtime", manifest.dependencies],
    ["optional", manifest.optionalDependencies],
    ["development", manifest.devDependencies],
  ] as const;
  const direct = scopes.flatMap(([scope, names]) =>
    Object.entries(names).map(([name, wanted]): DirectDependency => {
      const key = lockfile && "direct" in lockfile ? lockfile.direct.get(name) : undefined;
      const locked = lockfile && "packages" in lockfile ? lockfile.packages.find((one) => one.key === key) : undefined;
      return {
        ecosystem: "npm",
        name,
        scope,
        wanted,
        constraint: npmConstraint(wanted),
        version: locked?.version ?? null,
      };
    }),
  );
  return { ecosystem: "npm", manifest: "package.json", direct, lockfile };
}

function manifestOf(folder: string): z.infer<typeof Manifest> | undefined {
  const path = join(folder, "package.json");
  if (!existsSync(path)) return undefined;
  try {
    return Manifest.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return undefined;
  }
}

/** https://docs.npmjs.com/cli/v11/configuring-npm/package-json#dependencies */
export function npmConstraint(wanted: string): Constraint {
  const text = wanted.trim();
  if (
    /^(git|github|gitlab|bitbucket|https?|file|link|workspace|portal)[+:]|^\.{0,2}\/|^[\w-]+\/[\w.-]+(#|$)/.test(text)
  )
    return "elsewhere";
  if (text.startsWith("npm:")) return npmConstraint(text.slice(text.lastIndexOf("@") + 1));
  if (/^[=v]?\d+\.\d+\.\d+(-[\w.-]+)?(\+[\w.-]+)?$/.test(text)) return "pinned";
  if (text === "" || text === "*" || text === "x" || /^[a-z]+$/i.test(text) || /^>=?\s*0*(\.0)*$/.test(text))
    return "unpinned";
  return "ranged";
}

function lockfileOf(
  folder: string,
  file: string,
  manifest: z.infer<typeof Manifest>,
): Lockfile | { unreadable: string } {
  let lock: z.infer<typeof Lock>;
  try {
    const json: unknown = JSON.parse(readFileSync(join(folder, file), "utf8"));
    const parsed = Lock.safeParse(json);
    if (!parsed.success) return { unreadable: `${file} is not of lockfile version 2 or 3` };
    lock = parsed.data;
  } catch (error) {
    return { unreadable: `${file} is not JSON: ${reasonOf(error)}` };
  }
  const { packages } = lock;
  const missing: string[] = [];
  const direct = new Map<string, string>();
  const named = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
  const root = packages[""];
  const locked = { ...root?.dependencies, ...root?.devDependencies, ...root?.optionalDependencies };
  for (const [name, wanted] of Object.entries(named)) {
    const key = `node_modules/${name}`;
    if (packages[key]) direct.set(name, key);
    if (!packages[key] && !(name in manifest.optionalDependencies)) missing.push(name);
    else if (locked[name] !== wanted)
      missing.push(`${name}: package.json wants ${wanted}, the lockfile ${locked[name] ?? "nothing"}`);
  }
  const out: LockedPackage[] = [];
  for (const [path, entry] of Object.entries(packages)) {
    if (!path.includes("node_modules/") || entry.link) continue;
    const needs: string[] = [];
    for (const name of Object.keys(entry.dependencies)) {
      const key = resolved(packages, path, name);
      if (key) needs.push(key);
      else if (!(name in entry.optionalDependencies)) missing.push(`${name}, which ${nameOf(path, entry)} needs`);
    }
    for (const name of Object.keys(entry.optionalDependencies)) {
      const key = resolved(packages, path, name);
      if (key) needs.push(key);
    }
    out.push(packageOf(path, entry, needs));
  }
  return { file, packages: out, direct, missing, silentOn: {} };
}

const nameOf = (path: string, entry: Entry) => entry.name ?? path.slice(path.lastIndexOf("node_modules/") + 13);

function packageOf(path: string, entry: Entry, needs: string[]): LockedPackage {
  const elsewhere = entry.resolved !== undefined && !/^https?:\/\/[^/]+\/.*\.tgz$/.test(entry.resolved);
  return {
    key: path,
    name: nameOf(path, entry),
    version: entry.version ?? "",
    // A bundled package is inside its parent's archive, and under its hash.
    hashed: elsewhere || entry.inBundle ? null : entry.integrity !== undefined,
    licence: typeof entry.license === "string" ? entry.license : null,
    installScript: entry.hasInstallScript ?? false,
    deprecated: entry.deprecated ?? null,
    needs,
  };
}

/** Where Node would find a package from a place in the tree: beside it, or beside any of its parents. */
function resolved(packages: Readonly<Record<string, Entry>>, from: string, name: string): string | undefined {
  for (let at = from; ; ) {
    const key = at === "" ? `node_modules/${name}` : `${at}/node_modules/${name}`;
    if (packages[key]) return key;
    if (at === "") return undefined;
    const up = at.lastIndexOf("/node_modules/");
    at = up < 0 ? "" : at.slice(0, up);
  }
}
