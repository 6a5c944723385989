import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import { z } from "zod";
import type { Constraint, DirectDependency } from "../model/supply-chain.ts";
import { reasonOf } from "../util/errors.ts";
import type { LockedPackage, Lockfile, Reading } from "./package.ts";

/** PEP 503. */
export const pypiName = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, "-");

interface Requirement {
  name: string;
  wanted: string;
  hashed: boolean;
  /** Names after `# via`, as pip-compile and uv write them. */
  via: string[];
}

const Pyproject = z.looseObject({
  project: z
    .looseObject({
      dependencies: z.array(z.string()).default([]),
      "optional-dependencies": z.record(z.string(), z.array(z.string())).default({}),
    })
    .optional(),
  "dependency-groups": z.record(z.string(), z.array(z.unknown())).optional(),
  tool: z
    .looseObject({
      poetry: z
        .looseObject({ dependencies: z.record(z.string(), z.union([z.string(), z.looseObject({})])).default({}) })
        .optional(),
    })
    .optional(),
});

/** uv.lock and poetry.lock: https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile, python-poetry.org. */
const TomlLock = z.looseObject({
  package: z
    .array(
      z.looseObject({
        name: z.string(),
        version: z.string().optional(),
        source: z.looseObject({ registry: z.string().optional() }).optional(),
        sdist: z.looseObject({ hash: z.string().optional() }).optional(),
        wheels: z.array(z.looseObject({ hash: z.string().optional() })).optional(),
        files: z.array(z.looseObject({ file: z.string(), hash: z.string() })).optional(),
        dependencies: z
          .union([z.array(z.looseObject({ name: z.string() })), z.record(z.string(), z.unknown())])
          .optional(),
      }),
    )
    .default([]),
});

/** Reads requirements files, pyproject.toml, uv.lock and poetry.lock; undefined when the app has no manifest of Python. */
export function readPypi(folder: string): Reading | undefined {
  const found = manifestOf(folder);
  if (!found) return undefined;
  const { manifest, wanted } = found;
  const lockfile = lockfileOf(folder, manifest, wanted);
  const direct = wanted.map(({ name, wanted: spec, scope }): DirectDependency => {
    const locked =
      lockfile && "packages" in lockfile ? lockfile.packages.find((one) => one.key === pypiName(name)) : undefined;
    return {
      ecosystem: "pypi",
      name: pypiName(name),
      scope,
      wanted: spec,
      constraint: pypiConstraint(spec),
      version: locked?.version ?? null,
    };
  });
  return { ecosystem: "pypi", manifest, direct, lockfile };
}

type Wanted = Pick<Requirement, "name" | "wanted"> & { scope: DirectDependency["scope"] };

function manifestOf(folder: string): { manifest: string; wanted: Wanted[] } | undefined {
  const runtime = (one: Pick<Requirement, "name" | "wanted">): Wanted => ({ ...one, scope: "runtime" });
  for (const manifest of ["requirements.in", "requirements.txt"]) {
    const text = textOf(folder, manifest);
    if (text === undefined) continue;
    const all = requirements(text);
    // A compiled file without its source says itself what was asked for.
    const asked = all.some(({ via }) => via.length > 0)
      ? all.filter(({ via }) => via.some((one) => one.startsWith("-r")))
      : all;
    return { manifest, wanted: asked.map(runtime) };
  }
  const text = textOf(folder, "pyproject.toml");
  if (text === undefined) return undefined;
  const parsed = Pyproject.safeParse(tomlOr(text));
  if (!parsed.success) return undefined;
  const { project, tool, "dependency-groups": groups } = parsed.data;
  const words = (texts: readonly unknown[], scope: Wanted["scope"]) =>
    texts.flatMap((one) => (typeof one === "string" ? requirement(one) : [])).map((one) => ({ ...one, scope }));
  const poetry = Object.entries(tool?.poetry?.dependencies ?? {})
    .filter(([name]) => name !== "python")
    .map(
      ([name, spec]): Wanted => ({
        name,
        wanted: typeof spec === "string" ? spec : String(spec["version"] ?? spec["git"] ?? spec["path"] ?? ""),
        scope: "runtime",
      }),
    );
  return {
    manifest: "pyproject.toml",
    wanted: [
      ...words(project?.dependencies ?? [], "runtime"),
      ...words(Object.values(project?.["optional-dependencies"] ?? {}).flat(), "optional"),
      ...words(Object.values(groups ?? {}).flat(), "development"),
      ...poetry,
    ],
  };
}

const textOf = (folder: string, file: string): string | undefined =>
  existsSync(join(folder, file)) ? readFileSync(join(folder, file), "utf8") : undefined;

function tomlOr(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

/** Lines of a requirements file (pip's format), with hashes and `# via` comments of pip-compile. */
function requirements(text: string): Requirement[] {
  const out: Requirement[] = [];
  let inVia = false;
  for (const raw of text.replace(/\\\r?\n/g, " ").split(/\r?\n/)) {
    const line = raw.trim();
    const last = out.at(-1);
    if (line.startsWith("#")) {
      const words = line.replace(/^#+\s*/, "");
      const after = /^via\b\s*(.*)$/.exec(words);
      if (after) inVia = true;
      if (inVia && last) last.via.push(...(after ? (after[1] ?? "") : words).split(/,\s*/).filter(Boolean));
      continue;
    }
    inVia = false;
    if (line === "" || line.startsWith("-")) continue;
    out.push(
      ...requirement(line.replace(/\s#.*$/, "")).map((one) => ({ ...one, hashed: /--hash=/.test(line), via: [] })),
    );
  }
  return out;
}

/** PEP 508: a name, extras, a version or an address, markers. */
function requirement(text: string): Pick<Requirement, "name" | "wanted">[] {
  const [, name, , spec] =
    /^([A-Za-z0-9][\w.-]*)\s*(\[[^\]]*\])?\s*\(?([^;]*?)\)?\s*(;.*)?$/.exec(text.replace(/\s--hash=\S+/g, "").trim()) ??
    [];
  return name === undefined ? [] : [{ name, wanted: (spec ?? "").trim() }];
}

/** PEP 440; `^1.2` and `~1.2` are Poetry's. */
export function pypiConstraint(wanted: string): Constraint {
  const text = wanted.trim();
  if (/^@|:\/\//.test(text) || /^git\+/.test(text)) return "elsewhere";
  if (/^={2,3}\s*[^*,\s]+$/.test(text) || /^\d+(\.\d+)+$/.test(text)) return "pinned";
  if (text === "" || text === "*" || /^>=?\s*0?$/.test(text)) return "unpinned";
  return "ranged";
}

function lockfileOf(folder: string, manifest: string, wanted: readonly Wanted[]): Reading["lockfile"] {
  for (const file of ["uv.lock", "poetry.lock"]) {
    const text = textOf(folder, file);
    if (text === undefined) continue;
    const parsed = TomlLock.safeParse(tomlOr(text));
    return parsed.success
      ? tomlLockfile(file, parsed.data, wanted)
      : { unreadable: `${file} is not as uv and Poetry write it: ${reasonOf(parsed.error)}` };
  }
  for (const file of ["requirements.lock", "requirements.txt"]) {
    const text = textOf(folder, file);
    if (text === undefined) continue;
    const all = requirements(text);
    // Pinned lines alone are no lockfile: what they bring along is not named.
    if (file === manifest && !all.some(({ hashed, via }) => hashed || via.length > 0)) continue;
    return flatLockfile(file, all, wanted);
  }
  return existsSync(join(folder, "Pipfile.lock")) ? { unreadable: "Pipfile.lock is not read" } : null;
}

const SCRIPTS =
  "whether a package runs a script when it is installed depends on whether a wheel is there for the machine";
const LICENCES = "Python's lockfiles name no licences";
const DEPRECATED = "Python's lockfiles do not say what was withdrawn";

function flatLockfile(file: string, all: readonly Requirement[], wanted: readonly Wanted[]): Lockfile {
  const names = new Set(all.map(({ name }) => pypiName(name)));
  const packages = all.map(
    (one): LockedPackage => ({
      key: pypiName(one.name),
      name: pypiName(one.name),
      version: /^={2,3}\s*(\S+)/.exec(one.wanted)?.[1] ?? "",
      hashed: pypiConstraint(one.wanted) === "elsewhere" ? null : one.hashed,
      licence: null,
      installScript: null,
      deprecated: null,
      needs: all.filter(({ via }) => via.map(pypiName).includes(pypiName(one.name))).map(({ name }) => pypiName(name)),
    }),
  );
  const loose = all.filter(({ wanted: spec }) => pypiConstraint(spec) !== "pinned");
  return {
    file,
    packages,
    direct: new Map(wanted.map(({ name }) => [pypiName(name), pypiName(name)])),
    missing: [...unmet(wanted, names, packages), ...loose.map(({ name }) => `${name} has no exact version`)],
    silentOn: { licences: LICENCES, installScripts: SCRIPTS, deprecated: DEPRECATED },
  };
}

/** What the manifest names and the lockfile lacks, or has in another version. */
function unmet(wanted: readonly Wanted[], names: ReadonlySet<string>, packages: readonly LockedPackage[]): string[] {
  return wanted.flatMap(({ name, wanted: spec }) => {
    if (!names.has(pypiName(name))) return [pypiName(name)];
    const pinned = /^={2,3}\s*([^*,\s]+)$/.exec(spec)?.[1];
    const version = packages.find(({ key }) => key === pypiName(name))?.version;
    return pinned && version && pinned !== version ? [`${name}: wanted ${pinned}, the lockfile has ${version}`] : [];
  });
}

function tomlLockfile(file: string, lock: z.infer<typeof TomlLock>, wanted: readonly Wanted[]): Lockfile {
  // uv names the project itself as a package without a registry.
  const own = lock.package.filter(({ source }) => source && ("virtual" in source || "editable" in source));
  const listed = lock.package.filter((one) => !own.includes(one));
  const names = new Set(listed.map(({ name }) => pypiName(name)));
  const needsOf = (dependencies: (typeof listed)[number]["dependencies"]) =>
    (Array.isArray(dependencies) ? dependencies.map(({ name }) => name) : Object.keys(dependencies ?? {})).map(
      pypiName,
    );
  const isUv = file === "uv.lock";
  const packages = listed.map((one): LockedPackage => {
    const fromRegistry = isUv ? one.source?.registry !== undefined : one.source === undefined;
    const hashes = [
      one.sdist?.hash,
      ...(one.wheels ?? []).map(({ hash }) => hash),
      ...(one.files ?? []).map(({ hash }) => hash),
    ];
    return {
      key: pypiName(one.name),
      name: pypiName(one.name),
      version: one.version ?? "",
      hashed: fromRegistry ? hashes.some(Boolean) : null,
      licence: null,
      installScript: isUv
        ? (one.wheels ?? []).length === 0
        : !(one.files ?? []).some(({ file: name }) => name.endsWith(".whl")),
      deprecated: null,
      needs: needsOf(one.dependencies).filter((name) => names.has(name)),
    };
  });
  return {
    file,
    packages,
    direct: new Map(wanted.map(({ name }) => [pypiName(name), pypiName(name)])),
    missing: [
      ...unmet(wanted, names, packages),
      // Poetry leaves out what a marker excludes, and says so in the dependency; uv locks for every platform.
      ...(isUv
        ? listed.flatMap((one) =>
            needsOf(one.dependencies)
              .filter((name) => !names.has(name))
              .map((name) => `${name}, which ${one.name} needs`),
          )
        : []),
    ],
    silentOn: { licences: LICENCES, deprecated: DEPRECATED },
  };
}
