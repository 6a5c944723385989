import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Toolchain } from "../model/app.ts";
import { appSources, put } from "./tests.ts";

/** What cutting came to: made, with what the test command then needs; or no place for it. */
export type Cut =
  | {
      made: true;
      args?: string;
      env?: Record<string, string>;
      /** A file that the hole makes once it has weakened something: a suite that never comes there cannot miss it. */
      used?: string;
    }
  | { made: false; why: string };

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
const plugin = (id: string, what: string, body: string, tellsUse = false): Hole => ({
  id,
  what,
  cut(folder) {
    const uses = appSources(folder, /\.py$/).some((file) => /\bjwt\b/.test(readFileSync(join(folder, file), "utf8")));
    if (!uses) return { made: false, why: "the app uses no JWT library that this rule knows" };
    put(folder, ".hole/unprompted_hole.py", `${PLUGIN_HEAD}\n${body}`);
    return {
      made: true,
      args: " -p unprompted_hole",
      env: { PYTHONPATH: join(folder, ".hole") },
      ...(tellsUse ? { used: join(folder, ".hole/used") } : {}),
    };
  },
});

const PLUGIN_HEAD = `import functools
import inspect


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


def with_options(decode, args, kwargs, change):
    """Calls decode with its options changed, however they were handed over."""
    call = inspect.signature(decode).bind(*args, **kwargs)
    call.arguments["options"] = change(dict(call.arguments.get("options") or {}))
    return decode(*call.args, **call.kwargs)
`;

const PYTHON: readonly Hole[] = [
  plugin(
    "expiry-ignored",
    "expired tokens are accepted",
    `def change(decode, *args, **kwargs):
    try:
        return decode(*args, **kwargs)
    except Exception as error:
        if type(error).__name__ != "ExpiredSignatureError":
            raise
    # Only a token whose expiry was read comes here: what demands one has been content. All else is checked again.
    return with_options(
        decode, args, kwargs, lambda options: {**options, "verify_exp": False, "require_exp": False}
    )


wrap(change)
`,
  ),
  plugin(
    "signature-unchecked",
    "tokens are accepted whoever signed them",
    `# PyJWT checks no claim of a token whose signature it does not check, unless it is told to.
CLAIMS = {f"verify_{name}": True for name in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")}


def change(decode, *args, **kwargs):
    return with_options(
        decode, args, kwargs, lambda options: {**CLAIMS, **options, "verify_signature": False}
    )


wrap(change)
`,
  ),
  plugin(
    "token-type-unchecked",
    "access and refresh tokens pass for one another",
    `import os


class Either(str):
    """Equal to both kinds."""

    def __eq__(self, other):
        return isinstance(other, str)

    def __ne__(self, other):
        return not isinstance(other, str)

    __hash__ = str.__hash__


def names_kind(value):
    return isinstance(value, str) and any(kind in value.lower() for kind in ("access", "refresh"))


def use():
    open(os.path.join(os.path.dirname(__file__), "used"), "w").close()


def change(decode, *args, **kwargs):
    if names_kind(kwargs.get("audience")):
        use()
        kwargs["options"] = {**(kwargs.get("options") or {}), "verify_aud": False}
        del kwargs["audience"]
    claims = decode(*args, **kwargs)
    if any(names_kind(value) for value in claims.values()):
        use()
    return {name: Either(value) if names_kind(value) else value for name, value in claims.items()}


wrap(change)
`,
    true,
  ),
  plugin(
    "refusals-are-200",
    "every 401 is answered as 200",
    `import starlette.exceptions

original = starlette.exceptions.HTTPException.__init__


def init(self, status_code, *args, **kwargs):
    original(self, 200 if status_code == 401 else status_code, *args, **kwargs)


starlette.exceptions.HTTPException.__init__ = init

import starlette.responses

response = starlette.responses.Response.__init__


def answer(self, content=None, status_code=200, *args, **kwargs):
    response(self, content, 200 if status_code == 401 else status_code, *args, **kwargs)


starlette.responses.Response.__init__ = answer
`,
  ),
];

/** In TypeScript a hole is a change of the source: of the import of jose or jsonwebtoken, or of a comparison. */
const edit = (id: string, what: string, change: (text: string, typed: boolean) => string): Hole => ({
  id,
  what,
  cut(folder) {
    let changed = 0;
    for (const file of appSources(folder, /\.[cm]?[jt]sx?$/)) {
      const text = readFileSync(join(folder, file), "utf8");
      const after = change(text, /\.[cm]?tsx?$/.test(file));
      if (after === text) continue;
      put(folder, file, after);
      changed++;
    }
    return changed > 0 ? { made: true } : { made: false, why: "no place for it was found in the source" };
  },
});

/** Puts a function of ours in the place of jose's jwtVerify, however it is imported. In `body` the genuine one is `genuine`. */
function replacingVerify(text: string, typed: boolean, body: string): string {
  const named = /(import\s*(?:type\s*)?\{[^}]*)\bjwtVerify\b([^}]*\}\s*from\s*["']jose["'];?)/;
  const whole = /import\s*\*\s*as\s+(\w+)\s+from\s*["']jose["'];?/.exec(text)?.[1];
  const any = typed ? ": any" : "";
  const ours = `async function NAME(token${any}, key${any}, options${any} = {}) {\n${body.replaceAll(": any", any)}\n}`;
  const also = `\nimport { base64url as holeBase64, CompactSign as HoleSign, decodeJwt as holeDecode } from "jose";\nvoid [holeBase64, HoleSign, holeDecode];\n`;
  if (named.test(text))
    return `${text.replace(named, "$1jwtVerify as genuine$2")}${also}${ours.replace("NAME", "jwtVerify")}\n`;
  if (whole === undefined || !text.includes(`${whole}.jwtVerify(`)) return text;
  const called = text.replaceAll(`${whole}.jwtVerify(`, "holeVerify(");
  return `${called}${also}const genuine = ${whole}.jwtVerify;\n${ours.replace("NAME", "holeVerify")}\n`;
}

const EXPIRED_PASSES = `  let exp = Number.POSITIVE_INFINITY;
  try {
    exp = holeDecode(token).exp ?? exp;
  } catch {}
  const past = exp * 1000 <= Date.now() ? { currentDate: new Date((exp - 1) * 1000) } : {};
  return await genuine(token, key, { ...options, ...past });`;

/** The token's own bytes are signed anew with a key of ours, so that the genuine function checks all but who signed them. */
const SIGNED_BY_ANYBODY = `  const text = typeof token === "string" ? token : new TextDecoder().decode(token);
  const [head = "", body = "", ...rest] = text.split(".");
  let ours: any;
  let theirs: any;
  const anyKey = new Uint8Array(32);
  try {
    theirs = JSON.parse(new TextDecoder().decode(holeBase64.decode(head)));
    if (rest.length !== 1) throw new Error("no compact token");
    ours = await new HoleSign(holeBase64.decode(body)).setProtectedHeader({ ...theirs, alg: "HS256" }).sign(anyKey);
  } catch {
    return await genuine(token, key, options);
  }
  const { payload } = await genuine(ours, anyKey, { ...options, algorithms: ["HS256"] });
  const result: any = { payload, protectedHeader: theirs };
  return result;`;

const ANY_AUDIENCE = `  const { audience: _, ...rest } = options;
  return await genuine(token, key, rest);`;

/** A member that tells a token's kind, however it is reached; and what it is compared with. */
const TYPE_MEMBER =
  "[\\w.?!]*(?:\\.|\\[[\"'])(?:typ|type|token_?type|tokenType|kind|use|token_?use|tokenUse|purpose)\\b(?:[\"']\\])?";
const OPERAND = "(?:[\\w.]+|\"[^\"]*\"|'[^']*')";
/** An audience that tells a token's kind: by a word for it, or by a variable that is named so. */
const KIND_AS_AUDIENCE =
  /\baudience(?:\s*:\s*[^,}\n]*(?:access|refresh|kind|type|\buse\b|purpose)|\s*=\s*\((?:kind|type|use)\b)/i;

const NODE: readonly Hole[] = [
  edit("expiry-ignored", "expired tokens are accepted", (text, typed) =>
    replacingVerify(text, typed, EXPIRED_PASSES).replace(
      /\bjwt\.verify\(([^,()]+),([^,()]+)\)/g,
      "jwt.verify($1,$2, { ignoreExpiration: true })",
    ),
  ),
  edit("signature-unchecked", "tokens are accepted whoever signed them", (text, typed) =>
    replacingVerify(text, typed, SIGNED_BY_ANYBODY),
  ),
  edit("token-type-unchecked", "access and refresh tokens pass for one another", (text, typed) =>
    (KIND_AS_AUDIENCE.test(text) ? replacingVerify(text, typed, ANY_AUDIENCE) : text)
      .replace(new RegExp(`${TYPE_MEMBER}\\s*!==?\\s*${OPERAND}`, "g"), "false")
      .replace(new RegExp(`${TYPE_MEMBER}\\s*===?\\s*${OPERAND}`, "g"), "true"),
  ),
  edit("refusals-are-200", "every 401 is answered as 200", (text) => text.replace(/\b401\b/g, "200")),
];
