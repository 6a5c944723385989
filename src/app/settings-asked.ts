import type { KnownSettings } from "./settings-known.ts";

const NEVER = new Set(["PORT", "NODE_ENV", "PATH", "HOME"]);

/** Settings that an output names, upper or lower case, which the app's files know. */
export function settingsNamed(output: string, sources: ReadonlyMap<string, string>, known: KnownSettings): string[] {
  const text = [...sources.values()].join("\n");
  const out = new Set<string>();
  for (const match of output.matchAll(/\b[A-Za-z][A-Za-z0-9_]{2,}\b/g)) {
    const word = match[0];
    const upper = word.toUpperCase();
    if (NEVER.has(upper)) continue;
    if (known.names.has(word) || known.names.has(upper)) out.add(known.names.has(word) ? word : upper);
    else if (/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(word) && (text.includes(word) || isMissing(word, output)))
      out.add(word);
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

const LACK =
  /not (?:been )?(?:set|configured|defined|given|provided|found)|unset|undefined|missing|required|must\b|needs?\b|\bset [`'"]?[A-Z]|please set|is empty|no value|cannot|can't/i;

/** Whether a line says that this is missing, for names that no file holds because the app puts them together. */
const isMissing = (word: string, output: string): boolean =>
  !/^(ERR|MODULE|SQLITE|NODE|DEP)_/.test(word) &&
  output.split("\n").some((line) => new RegExp(`\\b${word}\\b`).test(line) && LACK.test(line));

/** The lines of an output that complain of something missing. */
export const complaints = (output: string): string =>
  output
    .split("\n")
    .filter((line) => LACK.test(line))
    .join("\n");

/** What an output says about a setting: the lines that name it, and the one after each. */
export function saidAbout(name: string, output: string): string {
  const lines = output.split("\n");
  const shape = new RegExp(`\\b${name}\\b`, "i");
  return lines.filter((line, i) => shape.test(line) || shape.test(lines[i - 1] ?? "")).join("\n");
}
