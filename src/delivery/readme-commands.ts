/** The repository that commands of a README would run in. */
export interface Repository {
  has(file: string): boolean;
  /** Of its package.json. */
  scripts: ReadonlySet<string>;
}

/** What goes before a command without changing which one it is. */
const WRAPPERS =
  /^(?:[$>%]\s+|(?:exec|sudo|time|env|then|do)\s+|[A-Z_][A-Z0-9_]*=(?:"[^"]*"|'[^']*'|\S*)\s+|(?:uv|poetry|pipenv|hatch|pdm|rye)\s+run\s+(?:--?\S+\s+)*|(?:npx|bunx|pnpm exec|yarn exec|dotenv)\s+(?:--?\S+\s+)*|\S*\/bin\/(?=\w)|\.\/(?=gradlew))/;
const SEPARATOR = /\s*(?:&&|\|\||;|\n|(?<!\|)\|(?!\|)|\$\(|[()])\s*/;
/** Words of prose that a command follows. */
const TOLD = /^(?:.*?[:;]\s+|.*?\b(?:run|runs|with|using|use|by|execute|type|do|call|via)\s+)/i;

/** The commands that a README gives: in fences, in code, indented, or as a line or after words such as "Run:". */
export function commandsIn(markdown: string): string[] {
  const pieces: string[] = [];
  const prose = markdown
    .replace(/\\\n\s*/g, " ")
    .replace(/^\s*(```|~~~)[^\n]*\n([\s\S]*?)^\s*\1/gm, (_, __, code: string) => {
      pieces.push(code);
      return "\n";
    })
    .replace(/``?([^`\n]+)``?/g, (_, code: string) => {
      pieces.push(code);
      return "…";
    });
  for (const line of prose.split("\n")) {
    const bare = line.replace(/^\s*(?:[-*+>]|\d+[.)])?\s*/, "").replace(/[.]$/, "");
    pieces.push(bare, bare.replace(TOLD, ""));
  }
  return pieces
    .flatMap((piece) => piece.split(SEPARATOR))
    .map(unwrapped)
    .filter((command) => command !== "");
}

function unwrapped(command: string): string {
  const inner = command.trim().replace(WRAPPERS, "");
  return inner === command.trim() ? inner : unwrapped(inner);
}

/** A kind of command, and what of the repository it needs: nothing else makes it run. */
type Kind = readonly (readonly [shape: RegExp, works: (match: RegExpExecArray, repository: Repository) => boolean])[];

const always = () => true;
const script = (match: RegExpExecArray, { scripts }: Repository) => scripts.has(match[1] ?? "");
const file = (match: RegExpExecArray, { has }: Repository) => has((match[1] ?? "").replace(/^\.\//, ""));
const module = (match: RegExpExecArray, { has }: Repository) => {
  const path = (match[1] ?? "").replaceAll(".", "/");
  return [`${path}.py`, `${path}/__init__.py`, `src/${path}.py`, `${path}/__main__.py`].some(has);
};
const made = (_: RegExpExecArray, { has }: Repository) => has("Makefile");
const composed = (_: RegExpExecArray, { has }: Repository) =>
  ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"].some(has);
const manifest = (_: RegExpExecArray, { has }: Repository) => has("package.json");
const PYTHON = String.raw`python(?:3(?:\.\d+)?)?`;
const OPTIONS = String.raw`(?:\s+-{1,2}[\w-]+(?:=\S+)?)*`;

const KINDS: Readonly<Record<"set-up" | "start" | "test", Kind>> = {
  "set-up": [
    [
      new RegExp(`^(?:${PYTHON} -m )?(?:uv )?pip3? install\\b(?:.*?\\s(?:-r\\s*|--requirement[\\s=]+)(\\S+))?`),
      (match, repository) => match[1] === undefined || file(match, repository),
    ],
    [/^(?:uv sync|poetry install|pipenv (?:install|sync)|pdm (?:install|sync))\b/, always],
    [/^(?:npm|pnpm|bun) (?:install|ci|i)(?=\s|$)/, manifest],
    [/^yarn(?: install)?(?: --\S+)*$/, manifest],
    [/^make (?:install|setup|deps|venv)\b/, made],
    [/^docker[- ]compose (?:up|build)\b/, composed],
  ],
  start: [
    [new RegExp(`^(?:${PYTHON} -m )?(?:uvicorn|hypercorn|gunicorn|granian)\\b.*?\\s([\\w.]+):\\w+`), module],
    [/^fastapi (?:run|dev)(?:\s|$)/, always],
    [/^flask\b.*\brun\b/, always],
    [/^(?:npm|pnpm|yarn|bun) (?:run )?((?:start|dev|serve|preview)(?::[\w-]+)?)(?=\s|$)/, script],
    [/^next (?:start|dev)\b/, always],
    [
      /^(?:node|tsx|bun|deno run|ts-node|nodemon)(?:\s+(?:watch|--import \S+|--loader \S+|--env-file[= ]\S+|-{1,2}[\w-]+(?:=\S+)?))*\s+([\w./-]+\.[cm]?[jt]s)\b/,
      file,
    ],
    [new RegExp(`^${PYTHON}${OPTIONS}\\s+([\\w./-]+\\.py)\\b`), file],
    [new RegExp(`^${PYTHON} -m (?!venv|pip|pytest|unittest|http|ensurepip)([\\w.]+)`), module],
    [/^make (?:run|start|dev|serve|up)\b/, made],
    [/^docker[- ]compose up\b/, composed],
  ],
  test: [
    [new RegExp(`^(?:${PYTHON} -m )?(?:pytest|unittest)(?=\\s|$)`), always],
    [
      /^(?:npm|pnpm|yarn|bun) (?:run )?((?:test|t)(?::[\w-]+)?)(?=\s|$)/,
      (match, repository) => (match[1] === "t" ? repository.scripts.has("test") : script(match, repository)),
    ],
    [/^(?:vitest|jest|mocha|tox|nox|playwright test)(?=\s|$)/, always],
    [/^(?:node|tsx|bun)\b.*\s--test\b|^bun test\b|^deno test\b/, always],
    [/^make (?:test|check)\b/, made],
  ],
};

/** Whether a README gives a command of a kind that would find what it needs in the repository. */
export function givesCommand(kind: keyof typeof KINDS, commands: readonly string[], repository: Repository): boolean {
  return commands.some((command) =>
    KINDS[kind].some(([shape, works]) => {
      const match = shape.exec(command);
      return match !== null && works(match, repository);
    }),
  );
}
