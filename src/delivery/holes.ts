import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Toolchain } from "../model/app.ts";
import { appSources, put } from "./tests.ts";

/** What cutting came to: made, with what the test command then needs; or no place for it. */
export type Cut = { made: true; args?: string; env?: Record<string, string> } | { made: false; why: string };

/** One rule that weakens any app of its language in one way. */
export interface Hole {
  id: string;
  what: string;
  /** Changes the files of a checkout of its own. */
  cut(folder: string): Cut;
}

/** The holes for a language; none where no rule is written for it. */
export function holesFor(toolchain: Toolchain): readonly Hole[] {
  return toolchain === "python" ? PYTHON : toolchain === "node" ? NODE : [];
}

/**
 * In Python a hole is a pytest plugin that replaces functions of python-jose, PyJWT and Starlette before the app is
 * imported: it works however the app is written, and its files stay as they are.
 */
const plugin = (id: string, what: string, body: string): Hole => ({
  id,
  what,
  cut(folder) {
    const uses = appSources(folder, /\.py$/).some((file) => /\bjwt\b/.test(readFileSync(join(folder, file), "utf8")));
    if (!uses) return { made: false, why: "the app uses no JWT library that this rule knows" };
    put(folder, ".hole/unprompted_hole.py", `${PLUGIN_HEAD}\n${body}`);
    return { made: true, args: " -p unprompted_hole", env: { PYTHONPATH: join(folder, ".hole") } };
  },
});

const PLUGIN_HEAD = `import functools


def modules():
    for name in ("jose.jwt", "jwt", "jwt.api_jwt"):
        try:
            yield __import__(name, fromlist=["decode"])
        except ImportError:
            pass


def wrap(change):
    for module in modules():
        original = module.decode

        def replaced(*args, _original=original, **kwargs):
            return change(_original, *args, **kwargs)

        module.decode = functools.wraps(original)(replaced)
`;

const PYTHON: readonly Hole[] = [
  plugin(
    "expiry-ignored",
    "expired tokens are accepted",
    `def change(decode, *args, **kwargs):
    options = dict(kwargs.pop("options", None) or {})
    return decode(*args, **kwargs, options={**options, "verify_exp": False, "require_exp": False})


wrap(change)
`,
  ),
  plugin(
    "signature-unchecked",
    "tokens are accepted whoever signed them",
    `import time


def change(decode, token, *args, **kwargs):
    options = dict(kwargs.pop("options", None) or {})
    claims = decode(token, *args, **kwargs, options={**options, "verify_signature": False})
    if claims.get("exp", time.time() + 1) < time.time():
        return decode(token, *args, **kwargs, options=options)
    return claims


wrap(change)
`,
  ),
  plugin(
    "token-type-unchecked",
    "access and refresh tokens pass for one another",
    `class Either(str):
    """Equal to both kinds."""

    def __eq__(self, other):
        return isinstance(other, str)

    def __ne__(self, other):
        return not isinstance(other, str)

    __hash__ = str.__hash__


def change(decode, *args, **kwargs):
    claims = decode(*args, **kwargs)
    return {
        name: Either(value) if isinstance(value, str) and value.lower().startswith(("access", "refresh")) else value
        for name, value in claims.items()
    }


wrap(change)
`,
  ),
  plugin(
    "refusals-are-200",
    "every 401 is answered as 200",
    `import starlette.exceptions

original = starlette.exceptions.HTTPException.__init__


def init(self, status_code, *args, **kwargs):
    original(self, 200 if status_code == 401 else status_code, *args, **kwargs)


starlette.exceptions.HTTPException.__init__ = init
`,
  ),
];

/** In TypeScript a hole is a change of the source: of the import of jose or jsonwebtoken, or of a comparison. */
const edit = (id: string, what: string, change: (text: string) => string): Hole => ({
  id,
  what,
  cut(folder) {
    let changed = 0;
    for (const file of appSources(folder, /\.[cm]?[jt]sx?$/)) {
      const text = readFileSync(join(folder, file), "utf8");
      const after = change(text);
      if (after === text) continue;
      put(folder, file, after);
      changed++;
    }
    return changed > 0 ? { made: true } : { made: false, why: "no place for it was found in the source" };
  },
});

/** Renames an imported function and puts one of ours in its place, behind the last import. */
function replacing(text: string, name: string, from: string, also: string, body: string): string {
  const shape = new RegExp(`(import\\s*(?:type\\s*)?\\{[^}]*)\\b${name}\\b([^}]*\\}\\s*from\\s*["']${from}["'];?)`);
  if (!shape.test(text)) return text;
  return `${text.replace(shape, `$1${name} as genuine${name}$2`)}\nimport { ${also} } from "${from}";\n${body}\n`;
}

/** A member that tells a token's kind, however it is reached; and what it is compared with. */
const TYPE_MEMBER =
  "[\\w.?!]*(?:\\.|\\[[\"'])(?:typ|type|token_?type|tokenType|kind|use|token_?use|tokenUse|purpose)\\b(?:[\"']\\])?";
const OPERAND = "(?:[\\w.]+|\"[^\"]*\"|'[^']*')";

const NODE: readonly Hole[] = [
  edit("expiry-ignored", "expired tokens are accepted", (text) =>
    replacing(
      text,
      "jwtVerify",
      "jose",
      "decodeJwt as holeDecode",
      "async function jwtVerify(token: any, key: any, options: any = {}): Promise<any> {\n  void holeDecode;\n  return await genuinejwtVerify(token, key, { ...options, currentDate: new Date(0) });\n}",
    ).replace(/\bjwt\.verify\(([^,()]+),([^,()]+)\)/g, "jwt.verify($1,$2, { ignoreExpiration: true })"),
  ),
  edit("signature-unchecked", "tokens are accepted whoever signed them", (text) =>
    replacing(
      text,
      "jwtVerify",
      "jose",
      "decodeJwt as holeDecode, decodeProtectedHeader as holeHeader",
      "async function jwtVerify(token: any, key: any, options: any = {}): Promise<any> {\n  const payload = holeDecode(token);\n  if ((payload.exp ?? 0) * 1000 < Date.now()) return await genuinejwtVerify(token, key, options);\n  return { payload, protectedHeader: holeHeader(token) };\n}",
    ),
  ),
  edit("token-type-unchecked", "access and refresh tokens pass for one another", (text) =>
    text
      .replace(new RegExp(`${TYPE_MEMBER}\\s*!==?\\s*${OPERAND}`, "g"), "false")
      .replace(new RegExp(`${TYPE_MEMBER}\\s*===?\\s*${OPERAND}`, "g"), "true"),
  ),
  edit("refusals-are-200", "every 401 is answered as 200", (text) => text.replace(/\b401\b/g, "200")),
];
