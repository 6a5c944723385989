import { procfileWeb } from "./source.ts";

/** Source files in the order in which they usually hold the application. */
export type Texts = readonly (readonly [file: string, text: string])[];

export const PYTHON = "python";

/** `python -m app`, `python3.11 src/server.py`, and the list form of a Dockerfile. */
const RUN =
  /\bpython(?:3(?:\.\d+)?)?["',\s]+(?:-u["',\s]+)?(?:(-m)["',\s]+([A-Za-z_][\w.]*)|((?:[\w-]+\/)*[\w-]+\.py))\b/g;
/**
 * A program that answers requests until it is ended, by what aiohttp, Tornado, Bottle, CherryPy and others call it; what
 * `asyncio.run` and `subprocess.run` run may end.
 */
const SERVES =
  /\b(?:run_app|serve_forever|make_server|create_server|start_server|run_server|run_simple|TCPSite|ThreadingHTTPServer|HTTPServer|quickstart|waitress|uvicorn|hypercorn|granian|gunicorn|bjoern|IOLoop)\b|\b(?:app|application|api|service|server|bottle|cherrypy|web|loop)\.(?:run|serve|listen|start|run_forever)\(|\brun\(\s*(?:app|application|host|port|server)\b/;
/** What only a command of Python can be; a Procfile may start the other half of a project. */
const PYTHONIC =
  /\b(?:python[\d.]*|gunicorn|uvicorn|hypercorn|granian|daphne|waitress-serve|flask|litestar|sanic|robyn)\b/;
/** A WSGI or gunicorn-worker server with all its options, to the end of the line or of the code it stands in. */
const SERVER_LINE =
  /^[ \t$>`]*(?:exec )?((gunicorn|waitress-serve)\b[^\n`]*\s'?[A-Za-z_][\w.]*:[A-Za-z_]\w*(?:\(\))?[^\n`]*)/m;
const PROGRAM = /(?:^|\/)__main__\.py$|^(?:main|app|server|run|serve)\.py$/;
const MAIN = /^if\s+__name__\s*==\s*["']__main__["']/m;

/**
 * How an app starts that brings its own server or names one that we do not know how to call: by the `web` line of its
 * Procfile, by what its Dockerfile, scripts or README run (`commands`, the surest first), else by the program in its
 * source that serves. Undefined when there is none.
 */
export function ownServer(folder: string, texts: Texts, commands: readonly string[]): string | undefined {
  const web = procfileWeb(folder);
  if (web && PYTHONIC.test(web)) return web;
  const told = commands.flatMap((text) =>
    [...text.matchAll(RUN)].flatMap(([, , module, file]) => program(texts, file ?? module ?? "") ?? []),
  );
  const own = texts.filter(([file, text]) => PROGRAM.test(file) || MAIN.test(text)).map(([file]) => file);
  const serves = (file: string) => SERVES.test(texts.find(([name]) => name === file)?.[1] ?? "");
  const line = commands.map(serverLine).find((said) => said !== undefined);
  if (line && !told.some(serves)) return line;
  const found = told.find(serves) ?? own.find((file) => file.endsWith("__main__.py")) ?? own.find(serves) ?? told[0];
  return found === undefined ? undefined : runs(found, texts);
}

/** What fills or makes a database before the server runs, in the block that only the program itself runs. */
const SETS_UP = /\b\w*(?:create_all|create_tables|init|migrate|upgrade|set_?up|seed|bootstrap|ensure)\w*\(/;
/** A command that serves the application without that block. */
const OTHER_SERVER =
  /\b(?:uvicorn|gunicorn|hypercorn|granian|daphne|waitress-serve|flask|litestar|fastapi)\b[^\n]*\b(?:run|dev|[\w.]+:\w+)/;

/**
 * The program that serves and, before that, makes the tables, in what `if __name__ == "__main__":` guards: another
 * server that loads the application would miss it. Undefined when the project's own commands name such a server.
 */
export function programThatSetsUp(texts: Texts, commands: readonly string[]): string | undefined {
  if (commands.some((text) => OTHER_SERVER.test(text))) return undefined;
  const found = texts.find(([, text]) => {
    const at = MAIN.exec(text)?.index;
    const block = at === undefined ? "" : text.slice(at);
    return SETS_UP.test(block) && SERVES.test(block);
  });
  return found && runs(found[0], texts);
}

/** The line as it is written, but for where it listens. */
function serverLine(text: string): string | undefined {
  const [, line, server] = SERVER_LINE.exec(text) ?? [];
  if (!line) return undefined;
  const flag = server === "gunicorn" ? "--bind" : "--listen";
  const elsewhere = line.replace(/\s(?:--bind|-b|--listen|--host|--port)[=\s]+\S+/g, "").trim();
  return `exec ${elsewhere.replace(/^\S+/, (name) => `${name} ${flag}=127.0.0.1:"$PORT"`)}`;
}

/** The source file that `python file` or `python -m module` runs. */
function program(texts: Texts, named: string): string | undefined {
  const path = named.replaceAll(".", "/");
  const files = named.endsWith(".py") ? [named] : [`${path}/__main__.py`, `${path}.py`];
  return files.flatMap((file) => [file, `src/${file}`]).find((file) => texts.some(([name]) => name === file));
}

/** A file of a package is run as a module of it, so that what it imports of its package is found. */
function runs(file: string, texts: Texts): string {
  const top = file.startsWith("src/") && !texts.some(([name]) => name === "src/__init__.py") ? "src/" : "";
  const inner = file.slice(top.length);
  if (!inner.includes("/")) return `exec ${PYTHON} ${file}`;
  const module = inner.replace(/(\/__main__)?\.py$/, "").replaceAll("/", ".");
  return `${top ? `export PYTHONPATH=src; ` : ""}exec ${PYTHON} -m ${module}`;
}
