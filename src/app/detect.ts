import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AppRecipe } from "../model/app.ts";
import { UserError } from "../util/errors.ts";
import { pythonApp, pythonInstall } from "./python.ts";
import { rustBinary } from "./rust.ts";
import { procfileWeb, readmeText, sourceFiles, sourceTexts } from "./source.ts";

/** What the user said on the command line; an empty string skips the stage. */
export interface Overrides {
  install?: string;
  build?: string;
  start?: string;
  settings?: Readonly<Record<string, string>>;
}

interface PackageJson {
  scripts?: Record<string, string>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  main?: string;
  workspaces?: unknown;
}

const read = (folder: string, file: string) =>
  existsSync(join(folder, file)) ? readFileSync(join(folder, file), "utf8") : undefined;

/**
 * Finds out how the app in a folder is installed, built and started: a Procfile, package.json, a Python project
 * (Django, what ASGI and WSGI servers serve, or a program that serves), go.mod, Cargo.toml or pom.xml. Overrides win,
 * stage by stage. Throws UserError("bad-arguments") when no start command can be found, naming what to pass.
 */
export function detectRecipe(folder: string, overrides: Overrides): AppRecipe {
  const found = byManifest(folder) ?? barePython(folder);
  const procfile = procfileWeb(folder);
  const start = overrides.start || found?.start || procfile;
  if (!start) {
    throw new UserError(
      "bad-arguments",
      `Cannot tell how to start the app in ${folder}: no package.json start script, Python web app, go.mod, Cargo.toml, pom.xml or Procfile was recognised.`,
      'Say how with --start "command"; the app should listen on the port in $PORT. --install and --build do the same for those stages.',
    );
  }
  const pick = (given: string | undefined, otherwise: string | null | undefined) =>
    given === undefined ? (otherwise ?? null) : given || null;
  return AppRecipe.parse({
    toolchain: "other",
    framework: "unknown",
    ...found,
    install: pick(overrides.install, found?.install),
    build: pick(overrides.build, found?.build),
    ...(overrides.install !== undefined ? { dependencyFolder: null, dependencyFiles: [] } : {}),
    start: overrides.start ? overrides.start : procfile && !found?.start ? procfile : start,
    settings: { ...overrides.settings },
  });
}

type Found = Partial<AppRecipe> & { start?: string };

/** A project of one language may hold the manifest of another for its tools: the first that can be started is the app's. */
function byManifest(folder: string): Found | undefined {
  let first: Found | undefined;
  for (const kind of [node, python, compiled]) {
    const found = kind(folder);
    if (found?.start) return found;
    first ??= found;
  }
  return first;
}

const NODE_FRAMEWORKS: readonly [string, string][] = [
  ["next", "Next.js"],
  ["@nestjs/core", "NestJS"],
  ["fastify", "Fastify"],
  ["hono", "Hono"],
  ["koa", "Koa"],
  ["express", "Express"],
];

function node(folder: string): Found | undefined {
  const text = read(folder, "package.json");
  if (text === undefined) return undefined;
  let json: PackageJson;
  try {
    json = JSON.parse(text) as PackageJson;
  } catch (error) {
    throw new UserError("bad-arguments", `${join(folder, "package.json")} is not JSON: ${String(error)}`);
  }
  const dependencies = { ...json.dependencies, ...json.devDependencies };
  const framework = NODE_FRAMEWORKS.find(([name]) => name in dependencies)?.[1] ?? "Node.js";
  const scripts = json.scripts ?? {};
  const lock = ["package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml"].find((file) =>
    existsSync(join(folder, file)),
  );
  const runner = lock === "yarn.lock" ? "yarn" : lock === "pnpm-lock.yaml" ? "pnpm" : "npm";
  const install =
    runner === "yarn"
      ? "yarn install --frozen-lockfile"
      : runner === "pnpm"
        ? "pnpm install --frozen-lockfile"
        : lock
          ? "npm ci --include=dev || npm install --include=dev"
          : "npm install --include=dev";
  const wholeTree =
    ["preinstall", "install", "postinstall", "prepare"].some((name) => name in scripts) ||
    json.workspaces !== undefined ||
    Object.values(dependencies).some((version) => /^(file|link|workspace|portal):|^\.{0,2}\//.test(version));
  const startFile = ["src/server.js", "server.js", "src/index.js", "index.js", "app.js", json.main ?? ""].find(
    (file) => file !== "" && existsSync(join(folder, file)),
  );
  const start =
    framework === "Next.js" && /^next start\b/.test(scripts["start"] ?? "next start")
      ? `exec npx next start -p "$PORT"`
      : scripts["start"]
        ? `${runner} start`
        : startFile
          ? `node ${startFile}`
          : scripts["dev"]
            ? `${runner} run dev`
            : undefined;
  return {
    toolchain: "node",
    framework,
    install,
    build: scripts["build"] ? `${runner} run build` : null,
    ...(start ? { start } : {}),
    dependencyFiles: [
      "package.json",
      ...(lock ? [lock] : []),
      ...(existsSync(join(folder, ".npmrc")) ? [".npmrc"] : []),
    ],
    dependencyFolder: wholeTree ? null : "node_modules",
    buildFolders: [".next", "dist", "build"],
  };
}

function python(folder: string): Found | undefined {
  const requirements = read(folder, "requirements.txt");
  const pyproject = read(folder, "pyproject.toml");
  if (
    requirements === undefined &&
    pyproject === undefined &&
    !existsSync(join(folder, "Pipfile")) &&
    !existsSync(join(folder, "manage.py"))
  ) {
    return undefined;
  }
  const wholeTree = requirements === undefined || /^\s*(-e|-r|-c|\.|file:)/m.test(requirements);
  const common: Found = {
    toolchain: "python",
    install: pythonInstall(
      requirements !== undefined ? "requirements.txt" : "pyproject.toml",
      existsSync(join(folder, "requirements.lock")),
    ),
    build: null,
    dependencyFiles: ["requirements.txt", "requirements.lock", "pyproject.toml", "uv.lock"].filter((file) =>
      existsSync(join(folder, file)),
    ),
    dependencyFolder: wholeTree && requirements !== undefined ? null : ".venv",
  };
  const app = pythonApp(folder);
  return { ...common, ...app };
}

/** A Python app that needs nothing but Python, and so says nowhere what it needs. */
function barePython(folder: string): Found | undefined {
  if (!sourceFiles(folder).some((file) => file.endsWith(".py"))) return undefined;
  const app = pythonApp(folder);
  if (!app.start) return undefined;
  return { toolchain: "python", install: "python3 -m venv .venv", build: null, dependencyFolder: ".venv", ...app };
}

/** The `main` package that serves: the one that the README runs or builds, or that listens, or that is nearest to the root. */
function goCommand(folder: string): string {
  const mains = [...sourceTexts(folder)].filter(
    ([file, text]) => file.endsWith(".go") && /^package main\b/m.test(text) && /^func main\(\)/m.test(text),
  );
  const commands = [...readmeText(folder).matchAll(/\bgo (?:run|build)\b[^\n`]*/g)].map(([line]) => line.split(/\s+/));
  const packages = mains.map(([file, text]) => {
    const path = file.includes("/") ? `./${file.replace(/\/[^/]+$/, "")}` : ".";
    const named = path !== "." && commands.some((words) => words.includes(path));
    const listens = /\b(ListenAndServe|net\.Listen|Run|Start|Listen|Serve)\w*\(/.test(text);
    return { path, rank: [named ? 0 : 1, listens ? 0 : 1, path.split("/").length] as const };
  });
  packages.sort((a, b) => a.rank[0] - b.rank[0] || a.rank[1] - b.rank[1] || a.rank[2] - b.rank[2]);
  return packages[0]?.path ?? ".";
}

function compiled(folder: string): Found | undefined {
  if (existsSync(join(folder, "go.mod"))) {
    const pkg = goCommand(folder);
    return {
      framework: "Go",
      install: "go mod download",
      build: `go build -o unprompted-server ${pkg}`,
      start: "exec ./unprompted-server",
      buildFolders: [],
    };
  }
  if (existsSync(join(folder, "Cargo.toml"))) {
    const name = rustBinary(folder);
    return {
      framework: "Rust",
      install: null,
      build: name === undefined ? "cargo build --release" : `cargo build --release --bin ${name}`,
      ...(name === undefined ? {} : { start: `exec ./target/release/${name}` }),
      buildFolders: ["target"],
    };
  }
  if (sourceFiles(folder).includes("pom.xml")) {
    return {
      framework: "Java",
      install: null,
      build: "mvn -q -DskipTests package",
      start: "exec java -jar target/*.jar",
      buildFolders: ["target"],
    };
  }
  return undefined;
}
