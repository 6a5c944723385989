import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { sourceFiles } from "../app/index.ts";
import type { Place } from "../model/delivery.ts";

/** Calls that their makers have deprecated, with what replaces them. */
const DEPRECATED: readonly (readonly [RegExp, RegExp, string])[] = [
  [/\.py$/, /\.on_event\(\s*["'](startup|shutdown)/, "FastAPI's on_event: a lifespan handler replaces it"],
  [
    /\.py$/,
    /\bdatetime\.utc(now|fromtimestamp)\(/,
    "datetime.utcnow: datetime.now(timezone.utc) replaces it (Python 3.12)",
  ],
  [/\.py$/, /from pydantic import [^\n]*\b(root_)?validator\b/, "Pydantic's validator: field_validator replaces it"],
  [/\.py$/, /^\s+class Config:\s*$/, "Pydantic's class Config: model_config replaces it"],
  [/\.py$/, /from sqlalchemy\.ext\.declarative import/, "sqlalchemy.ext.declarative: sqlalchemy.orm replaces it"],
  [/\.py$/, /\bfrom passlib\b/, "passlib: without a release since 2020, and broken by bcrypt 5"],
  [/\.[cm]?[jt]sx?$/, /\bnew Buffer\(/, "new Buffer: Buffer.from replaces it"],
  [/\.[cm]?[jt]sx?$/, /\burl\.parse\(/, "url.parse: new URL replaces it"],
  [
    /\.[cm]?[jt]sx?$/,
    /require\(["']body-parser["']\)|from ["']body-parser["']/,
    "body-parser: express.json replaces it",
  ],
];

/** Deprecated calls in the source, and those that the run of the tests warned of. */
export function deprecatedIn(sources: ReadonlyMap<string, string>, output: string): Place[] {
  const out: Place[] = [];
  for (const [file, text] of sources)
    for (const [name, shape, what] of DEPRECATED) {
      if (!name.test(file)) continue;
      const line = text.split("\n").findIndex((one) => shape.test(one));
      if (line >= 0) out.push({ what, file, line: line + 1 });
    }
  const warned = new Set<string>();
  for (const match of output.matchAll(/^.*?([^\s:]+):(\d+): (\w*Deprecat\w*Warning: .*)$/gm))
    if (!/site-packages|node_modules/.test(match[1] ?? "")) warned.add(match[3] ?? "");
  for (const match of output.matchAll(/\[DEP\d+\] DeprecationWarning: .*/g)) warned.add(match[0]);
  return [
    ...out,
    ...[...warned].map(
      (what): Place => ({ what: `warned at run time: ${what.slice(0, 200)}`, file: null, line: null }),
    ),
  ];
}

const ASSIGNED =
  /\b(\w*(?:SECRET|PASSWORD|PASSWD|API_?KEY|PRIVATE_?KEY|SIGNING_?KEY)\w*)["']?\]?\s*(?::\s*[\w[\] |.]+\s*)?[=:]\s*(.*)$/i;
/** Names of what is about a secret and is none. */
const ABOUT =
  /(FILE|PATH|NAME|HEADER|FIELD|COLUMN|COOKIE|PREFIX|ENV|VAR|VARIABLE|BYTES|LENGTH|ERROR|MESSAGE|HASH|COLUMNS)S?$|^(DUMMY|DECOY|FAKE)/i;
const VALUE = "[bru]?([\"'`])([^\"'`\\s{}$]{6,})\\1";
/** A literal as it is; as the default of a setting; behind `??`, `||` and `or`; wrapped into bytes or a key. */
const HELD: readonly RegExp[] = [
  new RegExp(`^\\(?${VALUE}`),
  new RegExp(
    `^(?:[\\w.]*(?:environ\\.get|getenv)|config|env(?:\\.\\w+)?|Field)\\(\\s*(?:["']\\w+["']\\s*,\\s*)?(?:default\\s*=\\s*)?${VALUE}\\s*[,)]`,
  ),
  new RegExp(`(?:\\?\\?|\\|\\||\\bor)\\s*${VALUE}`),
  new RegExp(
    `^(?:new\\s+)?(?:TextEncoder\\(\\)\\.encode|Buffer\\.from|SecretStr|Secret|str|bytes|createSecretKey)\\(\\s*(?:Buffer\\.from\\(\\s*)?${VALUE}`,
  ),
];

/** Whether what is assigned holds a literal; the name of a setting and a place are none. */
const holdsLiteral = (assigned: string): boolean =>
  HELD.some((shape) => {
    const value = shape.exec(assigned)?.[2] ?? "";
    return value !== "" && !/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$|^\.{0,2}\/|^https?:/.test(value);
  });
const IN_ENV = /^\s*(?:export\s+)?(\w*(?:SECRET|PASSWORD|TOKEN|KEY)\w*)\s*=\s*["']?([^\s"'#]{6,})/;
const PLACEHOLDER = /^<.*>$|\.\.\.|^(your|change|replace|todo|xxx|example)/i;

/** A file that shows which settings there are, with values that stand for others. */
const IS_EXAMPLE = /\.(example|sample|template|dist)$|(^|\/)\.env\b/;

/** Secrets that lie in files: settings of a kept `.env`, and literals of the source. Their values are not repeated. */
export function secretsIn(folder: string, sources: ReadonlyMap<string, string>): Place[] {
  const out: Place[] = [];
  for (const file of sourceFiles(folder)) {
    if (!/^\.env(\.|$)/.test(basename(file)) || /example|sample|template|dist/.test(file)) continue;
    for (const [i, line] of readFileSync(join(folder, file), "utf8").split("\n").entries()) {
      const match = IN_ENV.exec(line);
      if (match)
        out.push({
          what: `${match[1]} has ${PLACEHOLDER.test(match[2] ?? "") ? "a placeholder" : "a value"} in a file that is handed over`,
          file,
          line: i + 1,
        });
    }
  }
  for (const [file, text] of sources) {
    if (/(^|\/)(tests?|__tests__)\/|\.(test|spec)\.|conftest|(^|\/)test_/.test(file) || IS_EXAMPLE.test(file)) continue;
    for (const [i, line] of text.split("\n").entries()) {
      const [, name = "", assigned = ""] = ASSIGNED.exec(line) ?? [];
      if (name !== "" && !ABOUT.test(name) && holdsLiteral(assigned))
        out.push({ what: `${name} has a value in the source`, file, line: i + 1 });
    }
  }
  return out;
}
