import { Transform } from "node:stream";
import { StringDecoder } from "node:string_decoder";

/** Shorter ones would be found in ordinary text. */
const SHORTEST = 8;
const SECRET_NAME = /(KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?|AUTH|COOKIE|PAT)$/i;

/** Formats that providers document for their keys: what matches is one, wherever it comes from. */
const FORMATS: readonly [string, RegExp][] = [
  ["an Anthropic key", /\bsk-ant-[\w-]{16,}/g],
  ["an OpenAI key", /\bsk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{32,}/g],
  ["a GitHub token", /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{40,})/g],
  ["a GitLab token", /\bglpat-[\w-]{20,}/g],
  ["a Google key", /\bAIza[\w-]{35}/g],
  ["an AWS key", /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g],
  ["an npm token", /\bnpm_[A-Za-z0-9]{36}/g],
  ["a Slack token", /\bxox[abeoprs]-[\w-]{20,}/g],
  ["a Hugging Face token", /\bhf_[A-Za-z0-9]{34}/g],
  ["a private key", /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----[\s\S]*?(?:-----END (?:[A-Z]+ )?PRIVATE KEY-----|$)/g],
];

const known = new Map<string, string>();
let finder: RegExp | undefined;

/** From now on this value is written nowhere: `redact` and everything that writes files put `[redacted NAME]` instead. */
export function keepSecret(name: string, value: string): void {
  const plain = value.trim();
  if (plain.length < SHORTEST) return;
  for (const spelling of spellings(plain)) if (!known.has(spelling)) known.set(spelling, name);
  const longestFirst = [...known.keys()].sort((a, b) => b.length - a.length);
  finder = new RegExp(longestFirst.map((one) => one.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&")).join("|"), "g");
}

/** Keeps the values of all variables whose names say that they are secret. */
export function keepSecretsOf(env: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(env)) if (value && SECRET_NAME.test(name)) keepSecret(name, value);
}

/** Keeps every longer string of a credentials file, such as tokens in JSON; of other formats, every longer word. */
export function keepSecretsIn(name: string, content: string): void {
  for (const [word] of content.matchAll(/[\w.~+/=-]{20,}/g)) keepSecret(name, word);
}

/** As it is, within JSON, within a URL, and within base64 at each of its three alignments (as in Basic credentials). */
function spellings(value: string): string[] {
  const out = [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)];
  for (const shift of [0, 1, 2]) {
    const whole = Buffer.concat([Buffer.alloc(shift), Buffer.from(value)])
      .toString("base64")
      .replace(/=+$/, "");
    // The first and last characters also depend on what stands beside it.
    const inner = whole.slice(shift === 0 ? 0 : shift + 1, -1);
    if (inner.length >= 12) out.push(inner, inner.replaceAll("+", "-").replaceAll("/", "_"));
  }
  return [...new Set(out)];
}

/** The text without any kept secret, and without what has the format of a provider's key. */
export function redact(text: string): string {
  let out = finder ? text.replace(finder, (found) => `[redacted ${known.get(found) ?? "secret"}]`) : text;
  for (const [what, format] of FORMATS) out = out.replace(format, `[redacted ${what}]`);
  return out;
}

/** Bytes of any kind without any kept secret: the same buffer when it holds none. Formats are not looked for. */
export function redactBytes(bytes: Buffer): Buffer {
  let out = bytes;
  for (const [spelling, name] of known) {
    for (let at = out.indexOf(spelling); at >= 0; at = out.indexOf(spelling, at)) {
      const end = at + Buffer.byteLength(spelling);
      out = Buffer.concat([out.subarray(0, at), Buffer.from(`[redacted ${name}]`), out.subarray(end)]);
    }
  }
  return out;
}

/**
 * Redacts a stream of text by lines, so that a secret that arrives in two pieces is found. A line without end is cut
 * at 1 MiB, with an overlap that no secret can straddle.
 */
export function redacting(): Transform {
  const decoder = new StringDecoder("utf8");
  const [most, overlap] = [1024 * 1024, 16 * 1024];
  let pending = "";
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      pending += decoder.write(chunk);
      const end = pending.lastIndexOf("\n") + 1;
      if (end > 0) {
        this.push(redact(pending.slice(0, end)));
        pending = pending.slice(end);
      } else if (pending.length > most) {
        const clean = redact(pending);
        this.push(clean.slice(0, -overlap));
        pending = clean.slice(-overlap);
      }
      done();
    },
    flush(done) {
      this.push(redact(pending + decoder.end()));
      done();
    },
  });
}
