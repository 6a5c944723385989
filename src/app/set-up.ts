import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { PreparedApp } from "./prepare.ts";

const NODE_SCRIPT =
  /^(?:(?:db|database)[:-])?(?:set-?up|seed|migrate|init|bootstrap|push|deploy)(?:[:-](?:db|database|users|dev))?$/;
const PYTHON_FILE =
  /^(?:scripts\/)?(?:set_?up|seed|migrate|init|bootstrap|create|set)(?:_(?:db|database|users?|passwords?))?\.py$/;

const SCRIPT_RUN =
  /(?:npx )?(?:node|tsx|ts-node)(?: --[\w-]+(?:=\S+)?)* ((?:[\w-]+\/)*(?:set-?up|seed|migrate|init)[\w-]*\.[cm]?[jt]s)\b/g;

/**
 * What an app's README says is to be run once before it is started, such as `npm run setup` or `python seed.py`: scripts
 * that it has, in the order in which it names them. Undefined when there is none.
 */
export function setUpCommand(app: PreparedApp): string | undefined {
  const { readme } = app;
  const named = (shape: RegExp, command: string) => {
    const at = readme.search(shape);
    return at < 0 ? [] : [{ command, at }];
  };
  const commands = [
    ...nodeScripts(app.prepared).flatMap((name) => named(new RegExp(`npm run ${name}\\b`), `npm run ${name}`)),
    ...[...readme.matchAll(SCRIPT_RUN)]
      .filter(([, file = ""]) => existsSync(join(app.prepared, file)))
      .map(({ 0: command, index: at }) => ({ command, at })),
    ...pythonFiles(app).flatMap(({ file, module }) =>
      named(new RegExp(`python3? (?:${literal(file)}|-m ${literal(module)}\\b)`), `python3 -m ${module}`),
    ),
    ...(existsSync(join(app.prepared, "alembic.ini")) ? named(/alembic upgrade head/, "alembic upgrade head") : []),
  ];
  const inOrder = commands.sort((a, b) => a.at - b.at).map(({ command }) => command);
  return inOrder.length > 0 ? [...new Set(inOrder)].join(" && ") : undefined;
}

function nodeScripts(folder: string): string[] {
  const file = join(folder, "package.json");
  if (!existsSync(file)) return [];
  const { scripts = {} } = JSON.parse(readFileSync(file, "utf8")) as { scripts?: Record<string, string> };
  return Object.keys(scripts).filter((name) => NODE_SCRIPT.test(name));
}

const pythonFiles = ({ sources }: PreparedApp) =>
  [...sources]
    .filter(([file, text]) => PYTHON_FILE.test(file) && !/\bsetuptools\b/.test(text))
    .map(([file]) => ({ file, module: file.replace(/\.py$/, "").replaceAll("/", ".") }));

const literal = (name: string) => name.replaceAll(".", "\\.");
