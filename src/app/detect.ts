import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AppRecipe } from "../model/app.ts";
import { UserError } from "../util/errors.ts";
import { readmeText, sourceFiles, sourceTexts } from "./source.ts";

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
 * (FastAPI, Flask, Django, Starlette, Litestar), go.mod, Cargo.toml or pom.xml. Overrides win, stage by stage.
 * Throws UserError("bad-arguments") when no start command can be found, naming what to pass.
 */
export function detectRecipe(folder: string, overrides: Overrides): AppRecipe {
  const found = node(folder) ?? python(folder) ?? compiled(folder);
  const procfile = read(folder, "Procfile")?.match(/^web:\s*(.+)$/m)?.[1];
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

const PYTHON = "python";

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

/** A virtual environment in .venv: by uv where it is on PATH, else by venv and pip. A lock, when there is one, constrains first. */
export function pythonInstall(file: "requirements.txt" | "pyproject.toml", locked: boolean): string {
  const attempts = (command: string) => (locked ? `${command} -c requirements.lock || ${command}` : command);
  const uv = attempts(`uv pip install -q --link-mode=copy --compile-bytecode --python .venv/bin/python -r ${file}`);
  const pip = attempts(
    `.venv/bin/python -m pip install -q --disable-pip-version-check ${file === "requirements.txt" ? `-r ${file}` : "."}`,
  );
  return `if command -v uv >/dev/null 2>&1; then uv venv -q --relocatable --python python3 .venv && { ${uv}; }; else python3 -m venv .venv && { ${pip}; }; fi`;
}

/** Finds the web application object: its framework, module and variable name. */
function pythonApp(folder: string): Found {
  if (existsSync(join(folder, "manage.py"))) {
    return {
      framework: "Django",
      start: `${PYTHON} manage.py migrate --noinput && exec ${PYTHON} manage.py runserver --noreload "127.0.0.1:$PORT"`,
    };
  }
  const texts = [...sourceTexts(folder)].filter(([file]) => file.endsWith(".py"));
  const rank = (file: string) =>
    [/^main\.py$/, /^app\.py$/, /^(app|src)\/main\.py$/, /^server\.py$/, /^wsgi\.py$|^asgi\.py$/].findIndex((r) =>
      r.test(file),
    );
  const order = (file: string) => (rank(file) < 0 ? 50 + file.split("/").length : rank(file));
  texts.sort(([a], [b]) => order(a) - order(b) || a.localeCompare(b));
  const moduleOf = (file: string) => file.replace(/(\/__init__)?\.py$/, "").replaceAll("/", ".");
  const said = servedTarget(folder, texts);
  const shapes: readonly [RegExp, string, "asgi" | "wsgi"][] = [
    [/^(\w+)\s*(?::\s*FastAPI\s*)?=\s*(?:fastapi\.)?FastAPI\(/m, "FastAPI", "asgi"],
    [/^(\w+)\s*(?::\s*\w+\s*)?=\s*(?:\w+\.)?(?:Starlette|Litestar|Quart|Sanic)\(/m, "Starlette", "asgi"],
    [/^(\w+)\s*(?::\s*Flask\s*)?=\s*(?:flask\.)?Flask\(/m, "Flask", "wsgi"],
    [
      /^(app|application|asgi_app)\s*(?::\s*\w+\s*)?=\s*(?:create_app|make_app|build_app|get_app)\(/m,
      "application factory",
      "asgi",
    ],
  ];
  const uses = (word: string) => texts.some(([, text]) => new RegExp(`^\\s*(from|import)\\s+${word}`, "m").test(text));
  for (const [shape, name, kind] of shapes) {
    for (const [file, text] of texts) {
      const variable = shape.exec(text)?.[1];
      if (!variable) continue;
      const wsgi = kind === "wsgi" || (name === "application factory" && uses("flask"));
      const framework = name === "application factory" ? (wsgi ? "Flask" : "FastAPI") : name;
      if (!wsgi && said) return { framework, start: serve(false, said) };
      return { framework, start: serve(wsgi, `${moduleOf(file)}:${wsgi ? variable : outermost(text, variable)}`) };
    }
  }
  for (const [file, text] of texts) {
    const factory = /^def\s+(create_app|make_app|build_app|get_app)\s*\(/m.exec(text)?.[1];
    if (!factory) continue;
    const wsgi = uses("flask");
    return {
      framework: wsgi ? "Flask" : "FastAPI",
      start: wsgi
        ? serve(true, `${moduleOf(file)}:${factory}`)
        : `exec ${PYTHON} -m uvicorn --factory ${moduleOf(file)}:${factory} --host 127.0.0.1 --port "$PORT"`,
    };
  }
  return { framework: "Python" };
}

/** The object that the app itself has served, as `module:variable`, from its own start or from what its README says. */
function servedTarget(folder: string, texts: readonly (readonly [string, string])[]): string | undefined {
  const target = /([A-Za-z_][\w.]*):([A-Za-z_]\w*)/.source;
  const calls = texts.map(([, text]) =>
    new RegExp(`\\b(?:uvicorn|hypercorn)\\.run\\(\\s*["']${target}["']`).exec(text),
  );
  const commands = [readmeText(folder), read(folder, "Dockerfile") ?? "", read(folder, "Makefile") ?? ""].map((text) =>
    new RegExp(`\\b(?:uvicorn|hypercorn|granian|daphne)\\b[\\s"',]+${target}`).exec(text),
  );
  for (const [, module = "", variable = ""] of [...calls, ...commands].filter((match) => match !== null)) {
    const path = module.replaceAll(".", "/");
    const text = texts.find(([file]) => file === `${path}.py` || file === `${path}/__init__.py`)?.[1];
    if (text !== undefined && new RegExp(`^${variable}\\s*[:=]`, "m").test(text)) return `${module}:${variable}`;
  }
  return undefined;
}

/** What an application was wrapped in, in its own module: `app = Cors(inner)` is what is served, and not `inner`. */
function outermost(text: string, variable: string): string {
  const wraps = new RegExp(
    `^(app|application|api|asgi|asgi_app)\\s*(?::[^=\\n]+)?=[^\\n]*\\(\\s*(?:app\\s*=\\s*)?${variable}\\b`,
    "m",
  );
  const outer = wraps.exec(text)?.[1];
  return outer === undefined || outer === variable ? variable : outer;
}

function serve(wsgi: boolean, target: string): string {
  return wsgi
    ? `exec ${PYTHON} -m flask --app "${target}" run --host 127.0.0.1 --port "$PORT"`
    : `exec ${PYTHON} -m uvicorn ${target} --host 127.0.0.1 --port "$PORT"`;
}

function compiled(folder: string): Found | undefined {
  if (existsSync(join(folder, "go.mod"))) {
    const texts = [...sourceTexts(folder)].filter(
      ([file, text]) => file.endsWith(".go") && /^package main\b/m.test(text) && /^func main\(\)/m.test(text),
    );
    const main = texts.map(([file]) => file).sort((a, b) => a.split("/").length - b.split("/").length)[0] ?? "main.go";
    const pkg = main.includes("/") ? `./${main.replace(/\/[^/]+$/, "")}` : ".";
    return {
      framework: "Go",
      install: "go mod download",
      build: `go build -o unprompted-server ${pkg}`,
      start: "exec ./unprompted-server",
      buildFolders: [],
    };
  }
  const cargo = read(folder, "Cargo.toml");
  if (cargo !== undefined) {
    const name = /^\s*name\s*=\s*"([^"]+)"/m.exec(cargo)?.[1] ?? "app";
    return {
      framework: "Rust",
      install: null,
      build: "cargo build --release",
      start: `exec ./target/release/${name}`,
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
