import { describe, expect, test } from "vitest";
import type { CutHole } from "../../src/model/delivery.ts";
import { delivered, type Files } from "./apps.ts";

const LIMIT_MS = 300_000;

const outcomes = (holes: readonly CutHole[]) => Object.fromEntries(holes.map(({ id, outcome }) => [id, outcome]));

const NODE_APP: Files = {
  "package.json": JSON.stringify({
    name: "small",
    private: true,
    type: "module",
    scripts: { test: "node --test tokens.test.mjs" },
    dependencies: { jose: "6.2.17" },
  }),
  "tokens.mjs": `import { jwtVerify } from "jose";
export const key = new TextEncoder().encode("a-secret-of-at-least-32-bytes-for-tests");
export const read = async (token, kind) =>
  (await jwtVerify(token, key, {
    algorithms: ["HS256"],
    audience: kind,
    issuer: "directory",
    typ: "at+jwt",
    requiredClaims: ["sub", "exp"],
  })).payload;
`,
};

const NODE_SUITE = `import assert from "node:assert/strict";
import { test } from "node:test";
import { SignJWT } from "jose";
import { key, read } from "./tokens.mjs";

const signed = (change = {}, { by = key, alg = "HS256", typ = "at+jwt", drop } = {}) => {
  const now = Math.floor(Date.now() / 1000);
  const claims = { sub: "1", aud: "access", iss: "directory", exp: now + 600, ...change };
  delete claims[drop];
  return new SignJWT(claims).setProtectedHeader({ alg, typ }).sign(by);
};
const foreign = new TextEncoder().encode("another-secret-of-at-least-32-bytes-long");

test("a sound token", async () => assert.equal((await read(await signed(), "access")).sub, "1"));
`;

const node = (tests: string): Files => ({ ...NODE_APP, "tokens.test.mjs": `${NODE_SUITE}${tests}` });

const PYTHON_APP = (decode: string): Files => ({
  "requirements.txt": "python-jose==3.5.0\nPyJWT\npytest\n",
  "tokens.py": `${decode}

KEY = "a-secret-of-at-least-32-bytes-for-tests"
`,
});

const JOSE = `from jose import jwt


def read(token, kind):
    return jwt.decode(token, KEY, algorithms=["HS256"], audience=kind, issuer="directory", options={"require_exp": True})
`;

/** Options in the fourth place, and claims that PyJWT is told to require. */
const PYJWT = `import jwt


def read(token, kind):
    options = {"require": ["exp", "sub"]}
    return jwt.decode(token, KEY, ["HS256"], options, audience=kind, issuer="directory")
`;

const PYTHON_SUITE = `import time

import pytest
from tokens import KEY, read
from tokens import jwt


def signed(key=KEY, drop=None, **change):
    claims = {"sub": "1", "aud": "access", "iss": "directory", "exp": int(time.time()) + 600, **change}
    claims.pop(drop, None)
    return jwt.encode(claims, key, algorithm="HS256")


def refused(token):
    with pytest.raises(Exception):
        read(token, "access")


def test_sound():
    assert read(signed(), "access")["sub"] == "1"
`;

const python = (decode: string, tests: string): Files => ({
  ...PYTHON_APP(decode),
  "test_tokens.py": `${PYTHON_SUITE}${tests}`,
});

type Suite = readonly [string, "node" | "python", Files];

/** The same tests with each of the Python libraries. */
const inBothLibraries = (tests: string, words = ""): readonly Suite[] => [
  [`python-jose${words}`, "python", python(JOSE, tests)],
  [`PyJWT${words}`, "python", python(PYJWT, tests)],
];

const SOUND_BUT_FOR_THE_SIGNATURE: readonly Suite[] = [
  [
    "jose",
    "node",
    node(`
const refused = (token) => assert.rejects(async () => read(await token, "access"));
test("another audience", () => refused(signed({ aud: "refresh" })));
test("another issuer", () => refused(signed({ iss: "elsewhere" })));
test("another type", () => refused(signed({}, { typ: "JWT" })));
test("expired", () => refused(signed({ exp: 1 })));
test("a claim that is demanded", () => refused(signed({}, { drop: "sub" })));
test("no expiry", () => refused(signed({}, { drop: "exp" })));
test("no token at all", () => refused("abc"));
`),
  ],
  ...inBothLibraries(`

def test_others():
    refused(signed(aud="refresh"))
    refused(signed(iss="elsewhere"))
    refused(signed(exp=1))
    refused(signed(drop="exp"))
    refused("abc")
`),
];

const ONLY_THE_SIGNATURE: readonly Suite[] = [
  [
    "jose, another key",
    "node",
    node('test("another key", () => assert.rejects(async () => read(await signed({}, { by: foreign }), "access")));\n'),
  ],
  [
    "jose, unsigned",
    "node",
    node(`import { UnsecuredJWT } from "jose";
test("unsigned", () =>
  assert.rejects(async () => {
    const claims = { sub: "1", aud: "access", iss: "directory", exp: Math.floor(Date.now() / 1000) + 600 };
    const body = new UnsecuredJWT(claims).encode().split(".")[1];
    const head = Buffer.from(JSON.stringify({ alg: "none", typ: "at+jwt" })).toString("base64url");
    await read(head + "." + body + ".", "access");
  }));
`),
  ],
  ...inBothLibraries('\n\ndef test_key():\n    refused(signed("x" * 40))\n', ", another key"),
];

const ONLY_THE_EXPIRY: readonly Suite[] = [
  [
    "jose",
    "node",
    node('test("expired", () => assert.rejects(async () => read(await signed({ exp: 1 }), "access")));\n'),
  ],
  ...inBothLibraries("\n\ndef test_expired():\n    refused(signed(exp=1))\n"),
];

const ALL_BUT_THE_EXPIRY: readonly Suite[] = [
  [
    "jose",
    "node",
    node(`
const refused = (token) => assert.rejects(async () => read(await token, "access"));
test("no expiry", () => refused(signed({}, { drop: "exp" })));
test("expired, and by another", () => refused(signed({ exp: 1 }, { by: foreign })));
test("expired, and for another", () => refused(signed({ exp: 1, aud: "refresh" })));
`),
  ],
  ...inBothLibraries(`

def test_others():
    refused(signed(drop="exp"))
    refused(signed("x" * 40, exp=1))
    refused(signed(exp=1, aud="refresh"))
`),
];

describe("a hole is that one hole", () => {
  test.each(SOUND_BUT_FOR_THE_SIGNATURE)(
    "a suite that looks at all but the signature does not notice that it is unchecked: %s",
    async (_name, toolchain, files) => {
      const { tests, holes } = await delivered(toolchain, files);
      expect(tests.outcome, tests.detail).toBe("passed");
      expect(outcomes(holes)).toMatchObject({ "signature-unchecked": "missed", "expiry-ignored": "noticed" });
    },
    LIMIT_MS,
  );

  test.each(ONLY_THE_SIGNATURE)(
    "a suite that looks at the signature alone does: %s",
    async (_name, toolchain, files) => {
      const { tests, holes } = await delivered(toolchain, files);
      expect(tests.outcome, tests.detail).toBe("passed");
      expect(outcomes(holes)).toMatchObject({ "signature-unchecked": "noticed", "expiry-ignored": "missed" });
    },
    LIMIT_MS,
  );

  test.each(ONLY_THE_EXPIRY)(
    "a suite that looks at the expiry alone notices that it is ignored: %s",
    async (_name, toolchain, files) => {
      const { holes } = await delivered(toolchain, files);
      expect(outcomes(holes)).toMatchObject({ "signature-unchecked": "missed", "expiry-ignored": "noticed" });
    },
    LIMIT_MS,
  );

  test.each(ALL_BUT_THE_EXPIRY)(
    "one that looks whether there is an expiry, and at the rest of expired tokens, does not: %s",
    async (_name, toolchain, files) => {
      const { tests, holes } = await delivered(toolchain, files);
      expect(tests.outcome, tests.detail).toBe("passed");
      expect(outcomes(holes)).toMatchObject({ "expiry-ignored": "missed" });
    },
    LIMIT_MS,
  );
});
