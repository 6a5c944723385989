import { isOwnCredential } from "./setting-values.ts";

/** Settings that an app's files speak of. */
export interface KnownSettings {
  /** Names that the source reads, or may read. */
  names: ReadonlySet<string>;
  /** What example files show for them. */
  examples: ReadonlyMap<string, string>;
  /** Every line that names a setting, of source, example files and README. */
  saidOf(name: string): string;
}

const NAME = "[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+";

/** Reads the settings of an app from its source and its README. */
export function knownSettings(sources: ReadonlyMap<string, string>, readme: string): KnownSettings {
  const examples = exampleSettings(sources);
  const names = new Set([...settingsRead(sources), ...examples.keys()]);
  const texts = [...sources.values()];
  // Where a name is put together or looked up in a table, any literal that looks like one may be it.
  if (texts.some((text) => READ_BY_VARIABLE.test(text)))
    for (const text of texts) for (const match of text.matchAll(LITERAL_NAME)) names.add(match[1] ?? "");
  for (const match of readme.matchAll(README_NAME)) names.add(match[1] ?? match[2] ?? "");
  const lines = [readme, ...texts].flatMap((text) => text.split("\n"));
  return {
    names,
    examples,
    saidOf: (name) => lines.filter((line) => new RegExp(`\\b${name}\\b`).test(line)).join("\n"),
  };
}

/** Where a literal that looks like a setting's name is something else: an error's code, a comparison, a statement. */
const OTHER_WORD = /(?:\bcode\b|\w*(?:error|exception)\b|\braise\b|\bthrow\b|[!=]==?|\bin\b)\s*[:=(]?\s*$/i;

/**
 * Names of settings that source reads through a variable: literals of the files that do so, in a table or as an argument;
 * and of credentials in any other file, since a table of them may lie apart.
 */
export function settingsLookedUp(sources: ReadonlyMap<string, string>): Set<string> {
  const out = new Set<string>();
  const code = [...sources].filter(([file]) => /\.(?:py|[cm]?[jt]sx?)$/.test(file)).map(([, text]) => text);
  if (!code.some((text) => READ_BY_VARIABLE.test(text))) return out;
  for (const text of code)
    for (const match of text.matchAll(LITERAL_NAME)) {
      const name = match[1] ?? "";
      const isPlain = !OTHER_WORD.test(text.slice(Math.max(0, match.index - 40), match.index));
      if (isPlain && (READ_BY_VARIABLE.test(text) || isOwnCredential(name))) out.add(name);
    }
  return out;
}

const READ_BY_VARIABLE =
  /(?:process\.env\[|os\.environ\[|environ\.get\(|getenv\()\s*(?:f["'][^"']*\{|`|[A-Za-z_$][\w$.]*\s*[\]),.[])/;
const LITERAL_NAME = new RegExp(`["'\`](${NAME})["'\`]`, "g");
const README_NAME = new RegExp(`\`(${NAME})(?:=[^\`]*)?\`|^\\s*(?:export\\s+)?(${NAME})=`, "gm");

const EXAMPLE_FILE =
  /(^|\/)\.?env\.?(example|sample|template|dist)?$|\.env\.|(example|sample)\.env$|\.env[.-]?(example|sample)$/;

/** NAME=value lines of `.env.example` and its like. */
function exampleSettings(sources: ReadonlyMap<string, string>): Map<string, string> {
  const out = new Map<string, string>();
  for (const [file, text] of sources) {
    if (!EXAMPLE_FILE.test(file)) continue;
    for (const match of text.matchAll(/^\s*#?\s*(?:export\s+)?([A-Z][A-Z0-9_]{2,})\s*=[ \t]*(.*)$/gm)) {
      const value = (match[2] ?? "").replace(/\s+#.*$/, "").replace(/^(["'])(.*)\1$/, "$2");
      if (match[1] && !out.has(match[1])) out.set(match[1], value);
    }
  }
  return out;
}

const ENVIRONMENT_READ =
  /(?:process\.env\??\.|(?:process|import\.meta)\.env(?:\?\.)?\[\s*["']|import\.meta\.env\.|environ(?:\.get)?[[(]\s*["']|getenv\(\s*["']|Deno\.env\.get\(\s*["']|Bun\.env\.|env::var\(\s*"|os\.Getenv\("|System\.getenv\("|env\(\s*["'])([A-Za-z][A-Za-z0-9_]{2,})/g;
/** `config("NAME")` of decouple and Starlette, `env.str("NAME")` of environs: upper case alone tells them from other calls. */
const CALLED_READ = /\b(?:config|env\.\w+|env)\(\s*["']([A-Z][A-Z0-9_]{2,})["']/g;
const DESTRUCTURED = /\{([^{}]*)\}\s*=\s*process\.env\b/g;
const SETTINGS_CLASS = /^class\s+\w+\([^)]*BaseSettings[^)]*\):\n((?:(?:[ \t]+.*)?\n)*)/gm;
const WHOLE_ENVIRONMENT = /process\.env\s*[),;]/;

/** Names of all settings that the source reads, also through pydantic's settings classes and schemas of the environment. */
export function settingsRead(sources: ReadonlyMap<string, string>): Set<string> {
  const out = new Set<string>();
  const add = (name: string | undefined) => {
    if (name) out.add(name);
  };
  for (const [file, text] of sources) {
    for (const shape of [ENVIRONMENT_READ, CALLED_READ]) for (const match of text.matchAll(shape)) add(match[1]);
    for (const match of text.matchAll(DESTRUCTURED))
      for (const name of (match[1] ?? "").matchAll(/\b([A-Z][A-Z0-9_]{2,})\b/g)) add(name[1]);
    if (file.endsWith(".py")) for (const name of pydanticSettings(text)) add(name);
    else if (WHOLE_ENVIRONMENT.test(text))
      for (const match of text.matchAll(/^\s*["']?([A-Z][A-Z0-9_]{2,})["']?\s*:\s*\w+[.(]/gm)) add(match[1]);
  }
  return out;
}

/** The variables of classes that derive from pydantic's BaseSettings: fields in upper case behind the prefix, or their aliases. */
function pydanticSettings(text: string): string[] {
  return [...text.matchAll(SETTINGS_CLASS)].flatMap(([, body = ""]) => {
    const prefix = /env_prefix\s*=\s*["']([^"']*)["']/.exec(body)?.[1] ?? "";
    return [...body.matchAll(/^ {4}([a-zA-Z]\w*)\s*:\s*([^\n]*)/gm)]
      .filter(([, name]) => name !== "model_config")
      .map(([, name = "", rest = ""]) => {
        const alias = /\b(?:validation_alias|alias|env)\s*=\s*["'](\w+)["']/.exec(rest)?.[1];
        return alias ?? `${prefix}${name}`.toUpperCase();
      });
  });
}
