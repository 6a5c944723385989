import { AppError } from "../util/errors.ts";
import type { StartResult } from "./instance.ts";
import type { PreparedApp } from "./prepare.ts";
import { randomSecret, valueForSetting } from "./secrets.ts";

export interface SettingChoice {
  name: string;
  value: string;
  why: string;
}

/** Settings that every scenario's prompts name, or that say "this is production" to common frameworks. */
const ALWAYS: readonly [string, string, string][] = [
  ["JWT_SECRET", "secret", "named by the prompt"],
  ["WEBHOOK_SECRET", "secret", "named by the prompt"],
];

const MAX_STARTS = 6;

/**
 * Starts the app until it serves, filling in the settings that it demands: those that the recipe and the user name, then
 * those that its start-up message names, then all of its example file. Returns what was given, and why each was.
 * Throws AppError("start-failed" | "no-answer") with the app's last lines.
 */
export async function settingsFor(app: PreparedApp): Promise<{ settings: SettingChoice[]; startMs: number }> {
  const examples = exampleSettings(app.sources);
  const chosen = new Map<string, SettingChoice>();
  const set = (name: string, value: string, why: string) => {
    if (!chosen.has(name)) chosen.set(name, { name, value, why });
  };
  for (const [name, value] of Object.entries(app.options.settings ?? {})) set(name, value, "given by the user");
  for (const [name, value] of Object.entries(app.options.recipe.settings)) {
    set(name, value === "secret" ? randomSecret() : value, "named by the recipe");
  }
  for (const [name, value, why] of ALWAYS) set(name, value === "secret" ? randomSecret() : value, why);
  for (const [name, value] of originSettings(app.sources, examples))
    set(name, value, "an origin setting that the app reads");
  let last: StartResult | undefined;
  for (let attempt = 0; attempt < MAX_STARTS; attempt++) {
    const instance = app.newInstance({
      settings: Object.fromEntries([...chosen.values()].map(({ name, value }) => [name, value])),
    });
    try {
      last = await instance.start();
    } finally {
      await instance.dispose();
    }
    app.options.signal?.throwIfAborted();
    if (last.kind === "serving") return { settings: [...chosen.values()], startMs: last.startMs };
    if (last.kind === "silent") break;
    const before = chosen.size;
    for (const name of demanded(last.output, app.sources, examples))
      set(name, valueForSetting(name, examples.get(name)), "demanded at start-up");
    if (chosen.size === before) {
      // An origin that we set unasked may be the very thing it refuses.
      const unasked = [...chosen.values()].filter(({ why }) => why.startsWith("an origin"));
      if (unasked.length > 0 && attempt < MAX_STARTS - 1) for (const { name } of unasked) chosen.delete(name);
      else if ([...examples.keys()].every((name) => chosen.has(name))) break;
      else for (const [name, value] of examples) set(name, valueForSetting(name, value), "in the app's example file");
    }
  }
  throw startError(last);
}

function startError(last: StartResult | undefined): AppError {
  if (last?.kind === "ended") {
    const { exit } = last;
    const how = exit.limit
      ? `was ended for its ${exit.limit}`
      : `ended with ${exit.signal ? `signal ${exit.signal}` : `exit code ${exit.code}`}`;
    return new AppError("start-failed", `The app ${how} before it answered.`, last.output);
  }
  const output = last?.kind === "silent" ? last.output : "";
  const listening = last?.kind === "silent" ? last.listening : [];
  return new AppError(
    "no-answer",
    listening.length
      ? `The app listens on port ${listening.join(", ")} but never gave a whole HTTP answer.`
      : "The app runs but listens on no port.",
    output,
  );
}

/** NAME=value lines of `.env.example` and its like. */
function exampleSettings(sources: ReadonlyMap<string, string>): Map<string, string> {
  const out = new Map<string, string>();
  for (const [file, text] of sources) {
    if (
      !/(^|\/)\.?env\.?(example|sample|template|dist)?$|\.env\.|(example|sample)\.env$|\.env[.-]?(example|sample)$/.test(
        file,
      )
    )
      continue;
    for (const match of text.matchAll(/^\s*#?\s*(?:export\s+)?([A-Z][A-Z0-9_]{2,})\s*=[ \t]*(.*)$/gm)) {
      const value = (match[2] ?? "").replace(/\s+#.*$/, "").replace(/^(["'])(.*)\1$/, "$2");
      if (match[1] && !out.has(match[1])) out.set(match[1], value);
    }
  }
  return out;
}

const ENVIRONMENT_READ =
  /(?:process\.env\.|process\.env\[\s*["']|os\.environ(?:\.get)?[[(]\s*["']|os\.getenv\(\s*["']|env::var\(\s*"|os\.Getenv\("|System\.getenv\("|env\(\s*["'])([A-Za-z][A-Za-z0-9_]{2,})/g;

/** Names of all settings that the source reads. */
export function settingsRead(sources: ReadonlyMap<string, string>): Set<string> {
  const out = new Set<string>();
  for (const text of sources.values())
    for (const match of text.matchAll(ENVIRONMENT_READ)) if (match[1]) out.add(match[1]);
  return out;
}

const FRONT_END = "https://app.datapipeline.io";

/** An operator sets the origin where the app has no such default of its own. */
function originSettings(
  sources: ReadonlyMap<string, string>,
  examples: ReadonlyMap<string, string>,
): [string, string][] {
  const isOrigin = (name: string) =>
    /(ORIGIN|CORS)/i.test(name) && !/(REGEX|METHOD|HEADER|CREDENTIAL|MAX_AGE|ENABLE)/i.test(name);
  const code = [...sources].filter(([file]) => !/env/.test(file.split("/").pop() ?? ""));
  const hasDefault = code.some(([, text]) => text.includes(FRONT_END));
  const shown = [...examples].filter(([name, value]) => isOrigin(name) && (value.includes(FRONT_END) || !hasDefault));
  if (shown.length > 0) return shown.map(([name, value]) => [name, valueForSetting(name, value)]);
  if (hasDefault) return [];
  return [...settingsRead(sources)].filter(isOrigin).map((name) => [name, FRONT_END]);
}

/** Settings that a start-up message names, upper or lower case, which the source or its example file knows. */
function demanded(
  output: string,
  sources: ReadonlyMap<string, string>,
  examples: ReadonlyMap<string, string>,
): string[] {
  const known = new Set([...settingsRead(sources), ...examples.keys()]);
  const text = [...sources.values()].join("\n");
  const out = new Set<string>();
  for (const match of output.matchAll(/\b[A-Za-z][A-Za-z0-9_]{2,}\b/g)) {
    const word = match[0];
    const upper = word.toUpperCase();
    if (upper === "PORT" || upper === "NODE_ENV" || upper === "PATH" || upper === "HOME") continue;
    if (known.has(word) || known.has(upper)) out.add(known.has(word) ? word : upper);
    else if (/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(word) && text.includes(word)) out.add(word);
    // pydantic-settings names the field in lower case, on a line of its own.
    else if (
      /^[a-z]+(_[a-z0-9]+)+$/.test(word) &&
      new RegExp(`^\\s*${word}\\s*:`, "m").test(text) &&
      new RegExp(`^${word}\\s*$`, "m").test(output)
    )
      out.add(upper);
  }
  return [...out];
}
