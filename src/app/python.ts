import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ownServer, PYTHON, programThatSetsUp, type Texts } from "./python-own-server.ts";
import { readmeText, sourceFiles, sourceTexts } from "./source.ts";

/** A virtual environment in .venv: by uv where it is on PATH, else by venv and pip. A lock, when there is one, constrains first. */
export function pythonInstall(file: "requirements.txt" | "pyproject.toml", locked: boolean): string {
  const attempts = (command: string) => (locked ? `${command} -c requirements.lock || ${command}` : command);
  const uv = attempts(`uv pip install -q --link-mode=copy --compile-bytecode --python .venv/bin/python -r ${file}`);
  const pip = attempts(
    `.venv/bin/python -m pip install -q --disable-pip-version-check ${file === "requirements.txt" ? `-r ${file}` : "."}`,
  );
  return `if command -v uv >/dev/null 2>&1; then uv venv -q --relocatable --python python3 .venv && { ${uv}; }; else python3 -m venv .venv && { ${pip}; }; fi`;
}

/** Where a server finds the application: a variable of a module, or a function that makes it. */
interface Target {
  module: string;
  name: string;
  factory: boolean;
}

/** What makes an application object: how it is written, the framework, and the server interface that it speaks. */
const SHAPES: readonly [RegExp, string, "asgi" | "wsgi"][] = [
  [/^(\w+)\s*(?::\s*FastAPI\s*)?=\s*(?:fastapi\.)?FastAPI\(/m, "FastAPI", "asgi"],
  [/^(\w+)\s*(?::\s*\w+\s*)?=\s*(?:\w+\.)?Litestar\(/m, "Litestar", "asgi"],
  [/^(\w+)\s*(?::\s*\w+\s*)?=\s*(?:\w+\.)?Starlette\(/m, "Starlette", "asgi"],
  [/^(\w+)\s*(?::\s*\w+\s*)?=\s*(?:\w+\.)?Quart\(/m, "Quart", "asgi"],
  [/^(\w+)\s*(?::\s*\w+\s*)?=\s*(?:\w+\.)?Sanic\(/m, "Sanic", "asgi"],
  [/^(\w+)\s*(?::\s*Flask\s*)?=\s*(?:flask\.)?Flask\(/m, "Flask", "wsgi"],
];
const MADE = /^(app|application|asgi_app)\s*(?::\s*\w+\s*)?=\s*(?:\w+\.)?(?:create_app|make_app|build_app|get_app)\(/m;
const FACTORY = /^def\s+(create_app|make_app|build_app|get_app)\s*\(/m;
const PACKAGES: readonly [string, string, "asgi" | "wsgi"][] = [
  ["flask", "Flask", "wsgi"],
  ["fastapi", "FastAPI", "asgi"],
  ["litestar", "Litestar", "asgi"],
  ["quart", "Quart", "asgi"],
  ["starlette", "Starlette", "asgi"],
];
/** Frameworks whose apps run a server of their own, or one that they name. */
const OWN_SERVER: readonly [string, string][] = [
  ["aiohttp", "aiohttp"],
  ["tornado", "Tornado"],
  ["sanic", "Sanic"],
  ["falcon", "Falcon"],
  ["bottle", "Bottle"],
  ["pyramid", "Pyramid"],
  ["cherrypy", "CherryPy"],
  ["robyn", "Robyn"],
  ["blacksheep", "BlackSheep"],
];

/**
 * Finds the web application's framework and how to serve it. What the project itself says its servers load wins
 * (`uvicorn.run("app.main:app")`, a Procfile, Dockerfile or README): the object that a framework's constructor gives may
 * be wrapped in more before it is served. Else it is looked for in the source, and followed through its wrappers. Of a
 * framework that brings its own server, the project's own command is the start.
 */
export function pythonApp(folder: string): { framework: string; start?: string } {
  if (existsSync(join(folder, "manage.py"))) {
    return {
      framework: "Django",
      start: `${PYTHON} manage.py migrate --noinput && exec ${PYTHON} manage.py runserver --noreload "127.0.0.1:$PORT"`,
    };
  }
  const texts = inOrder([...sourceTexts(folder)].filter(([file]) => file.endsWith(".py")));
  const uses = (word: string) =>
    texts.some(([, text]) => new RegExp(`^\\s*(from|import)\\s+${word}\\b`, "m").test(text));
  const built = SHAPES.flatMap(([shape, framework, kind]) => {
    const found = texts.flatMap(([file, text]) => {
      const name = shape.exec(text)?.[1];
      // Flask's own server takes nothing but the Flask object, which keeps its wrappers in `wsgi_app`.
      const served = name && kind === "asgi" ? outermost(text, name) : name;
      return served ? [{ module: moduleOf(file), name: served, factory: false }] : [];
    })[0];
    return found ? [{ framework, kind, target: found }] : [];
  })[0];
  const commands = commandTexts(folder);
  const known = (built && (["", built.framework, built.kind] as const)) ?? PACKAGES.find(([name]) => uses(name));
  if (!known) {
    const [, framework = "Python"] = OWN_SERVER.find(([name]) => uses(name)) ?? [];
    const start = ownServer(folder, texts, commands);
    if (start) return { framework, start };
  }
  const [, framework, kind] = known ?? ["", "Python", "asgi"];
  const program = programThatSetsUp(texts, commands);
  if (program) return { framework, start: program };
  const named = namedTarget(commands, texts);
  const target = (kind === "wsgi" ? (built?.target ?? named) : (named ?? built?.target)) ?? madeBy(texts);
  return target ? { framework, start: serve(kind === "wsgi" ? "flask" : asgiServer(folder), target) } : { framework };
}

/** Files that usually hold the application first. */
function inOrder(texts: Texts): Texts {
  const usual = [/^main\.py$/, /^app\.py$/, /^(app|src)\/main\.py$/, /^server\.py$/, /^wsgi\.py$|^asgi\.py$/];
  const rank = (file: string) => {
    const at = usual.findIndex((shape) => shape.test(file));
    return at < 0 ? 50 + file.split("/").length : at;
  };
  return [...texts].sort(([a], [b]) => rank(a) - rank(b) || a.localeCompare(b));
}

const moduleOf = (file: string) => file.replace(/(^|\/)__init__\.py$|\.py$/, "").replaceAll("/", ".");

/** The variable that holds the application when all of a module has run: `app = RequestLog(Cors(inner))` holds `inner`. */
function outermost(text: string, name: string): string {
  const wrapped = new RegExp(
    `^(app|application|asgi|asgi_app|wsgi_app)\\s*(?::[^=\\n]*)?=\\s*[\\w.]+\\((?:.*\\b)?${name}\\b`,
    "gm",
  );
  return [...text.matchAll(wrapped)].map(([, outer]) => outer).find((outer) => outer && outer !== name) ?? name;
}

/** An application that a function makes, at module level or when the server calls it. */
function madeBy(texts: Texts): Target | undefined {
  for (const [file, text] of texts) {
    const name = MADE.exec(text)?.[1];
    if (name) return { module: moduleOf(file), name: outermost(text, name), factory: false };
  }
  for (const [file, text] of texts) {
    const name = FACTORY.exec(text)?.[1];
    if (name) return { module: moduleOf(file), name, factory: true };
  }
  return undefined;
}

/** `uvicorn app.main:app --port 8000`, also in the list form of a Dockerfile. */
const COMMAND =
  /\b(?:uvicorn|gunicorn|hypercorn|granian|daphne|waitress-serve|flask|litestar|sanic)\b[^\n]*?[\s"'=]([A-Za-z_][\w.]*):([A-Za-z_]\w*)/g;
/** `uvicorn.run("app.main:app", ...)`. */
const RUN_TEXT =
  /\b(?:uvicorn|hypercorn|granian)\.(?:run|Config|Granian)\(\s*["']([A-Za-z_][\w.]*):([A-Za-z_]\w*)["']/g;
/** `uvicorn.run(app, ...)`, where `app` was imported. */
const RUN_NAME = /\buvicorn\.run\(\s*([A-Za-z_]\w*)\s*[,)]/;

/** What the project's own scripts and commands serve, in this order, if it is there in the source. */
function namedTarget(commands: readonly string[], texts: Texts): Target | undefined {
  const said: Pick<Target, "module" | "name">[] = [];
  for (const [, text] of texts) {
    for (const [, module = "", name = ""] of text.matchAll(RUN_TEXT)) said.push({ module, name });
    const name = RUN_NAME.exec(text)?.[1];
    const from = name && new RegExp(`^from\\s+([\\w.]+)\\s+import\\s+(?:.*\\b)?${name}\\b`, "m").exec(text)?.[1];
    if (name && from && !from.startsWith(".")) said.push({ module: from, name });
  }
  for (const text of commands)
    for (const [, module = "", name = ""] of text.matchAll(COMMAND)) said.push({ module, name });
  for (const { module, name } of said) {
    const text = texts.find(([file]) => moduleOf(file) === module)?.[1];
    if (text === undefined) continue;
    // A function is called by the server, unless it is the application itself.
    if (new RegExp(`^def\\s+${name}\\s*\\((?!\\s*scope\\b)`, "m").test(text)) return { module, name, factory: true };
    if (new RegExp(`^(${name}\\s*[:=]|async\\s+def\\s+${name}\\b|(from|import)\\s.*\\b${name}\\b)`, "m").test(text))
      return { module, name, factory: false };
  }
  return undefined;
}

/** The files in which people write how an app is started, the surest first. */
function commandTexts(folder: string): string[] {
  const files = sourceFiles(folder);
  const shapes = [
    /^Procfile$/,
    /^Dockerfile$/,
    /^(docker-)?compose\.ya?ml$/,
    /^(scripts\/)?[\w-]*(start|run|serve|entrypoint)[\w-]*\.sh$/,
    /^Makefile$/,
  ];
  const found = shapes.flatMap((shape) => files.filter((file) => shape.test(file) && existsSync(join(folder, file))));
  return [...found.map((file) => readFileSync(join(folder, file), "utf8").slice(0, 65_536)), readmeText(folder)];
}

type Server = "flask" | "uvicorn" | "hypercorn" | "granian";

/** The server of ASGI applications that the app's own dependencies bring: uvicorn, unless they name another one only. */
function asgiServer(folder: string): Server {
  const files = sourceFiles(folder).filter((file) =>
    /^(requirements\/[\w.-]+|requirements[\w.-]*\.txt|pyproject\.toml|Pipfile)$/.test(file),
  );
  const dependencies = files.map((file) => readFileSync(join(folder, file), "utf8")).join("\n");
  if (/\buvicorn\b|\[(?:standard|all)\]/i.test(dependencies)) return "uvicorn";
  if (/\bgranian\b/i.test(dependencies)) return "granian";
  return /\b(?:hypercorn|quart)\b/i.test(dependencies) ? "hypercorn" : "uvicorn";
}

function serve(server: Server, { module, name, factory }: Target): string {
  const target = `${module}:${name}`;
  const place = '--host 127.0.0.1 --port "$PORT"';
  switch (server) {
    case "flask":
      return `exec ${PYTHON} -m flask --app "${target}" run ${place}`;
    case "hypercorn":
      return `exec ${PYTHON} -m hypercorn --bind 127.0.0.1:"$PORT" "${target}${factory ? "()" : ""}"`;
    case "uvicorn":
      return `exec ${PYTHON} -m uvicorn ${factory ? "--factory " : ""}${target} ${place}`;
    case "granian":
      return `exec ${PYTHON} -m granian --interface asgi ${factory ? "--factory " : ""}${target} ${place}`;
  }
}
