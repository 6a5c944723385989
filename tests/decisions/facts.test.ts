import { describe, expect, test } from "vitest";
import { confirm } from "../../src/decisions/behaviour.ts";
import { factsOf } from "../../src/decisions/index.ts";
import type { Decision } from "../../src/model/decision.ts";
import { Evidence, type Exchange } from "../../src/model/evidence.ts";

const evidenceOf = (id: string, verdict: string, more: Partial<Evidence> = {}): Evidence =>
  Evidence.parse({
    ...{ formatVersion: 1, id, slug: id, verdict, summary: "", exchanges: [], checks: [], values: [], outside: [] },
    ...more,
  });

const answer = (
  label: string,
  status: number,
  body: string,
  headers: [string, string][] = [],
  request: Partial<Exchange["request"]> = {},
): Exchange => ({
  n: 1,
  label,
  request: { method: "GET", path: "/x", headers: [], chunked: false, from: "127.0.0.1", ...request },
  response: { status, headers, body: { kind: "text", text: body, totalBytes: body.length, cut: false } },
  durationMs: 1,
});

const stored = (verdict: string, detail: string) =>
  evidenceOf("T1-05", verdict, {
    checks: [{ role: "attack", words: "stored well", held: verdict === "defended", detail }],
  });

const decision = (topic: string, choice: string, more: Partial<Decision> = {}): Decision => ({
  ...{ topic, choice, origin: "library", file: "auth.py", line: 1, by: "source", confidence: "likely" },
  ...more,
});

/** What the ledger shows of a topic once behaviour stands beside it. */
const shown = (source: Decision[], evidence: Evidence[]) =>
  confirm(source, factsOf(evidence)).map(
    ({ topic, choice, by, confidence }) => `${topic}: ${choice} (${by}, ${confidence})`,
  );

describe("what is stored confirms the source, or stands beside it", () => {
  test.each([
    ["defended", "bcrypt, cost 12", "bcrypt", "rounds=12"],
    ["defended", "argon2, 65536 KiB, 3 passes", "argon2id", "m=65536, t=3, p=4"],
    ["defended", "PBKDF2-SHA256 with 600,000 iterations", "pbkdf2-sha256", "iterations=600000"],
    ["defended", "scrypt, N=16384, r=8, p=5", "scrypt", "N=16384, r=8, p=5"],
    ["defended", "scrypt, N=16384, r=8, p=5", "scrypt", "default"],
    ["exploited", "bcrypt with cost 2, which is next to no work", "bcrypt", "rounds=2"],
    ["exploited", "PBKDF2-SHA512 with 1,000 iterations", "pbkdf2-sha512", "iterations=1000"],
  ] as const)("%s: %s agrees with %s, %s", (verdict, detail, hashing, cost) => {
    const source = [decision("password-hashing", hashing), decision("password-hash-cost", cost)];
    expect(shown(source, [stored(verdict, detail)])).toEqual([
      `password-hashing: ${hashing} (source, sure)`,
      `password-hash-cost: ${cost} (source, sure)`,
    ]);
  });

  test.each([
    ["defended", "bcrypt, cost 4", "bcrypt", "rounds=12", ["password-hash-cost: rounds=4 (database, sure)"]],
    ["exploited", "salted SHA256, a fast hash", "bcrypt", "rounds=12", ["password-hashing: sha256 (database, sure)"]],
    [
      "exploited",
      "the password itself lies plain in the column password",
      "bcrypt",
      "rounds=12",
      ["password-hashing: plain (database, sure)"],
    ],
  ] as const)("%s: %s is shown beside %s, %s", (verdict, detail, hashing, cost, more) => {
    const source = [decision("password-hashing", hashing), decision("password-hash-cost", cost)];
    expect(shown(source, [stored(verdict, detail)])).toEqual(expect.arrayContaining([...more]));
  });

  test("says nothing where the test could not judge", () => {
    expect(
      factsOf([
        stored("inconclusive", "bcrypt, cost 12"),
        evidenceOf("T2-03", "broken"),
        evidenceOf("T1-25", "broken"),
      ]),
    ).toEqual([]);
  });
});

describe("what the running app shows", () => {
  test("a token: algorithm, claims and life", () => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const token = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub: "1", role: "user", iat: 1000, exp: 1000 + 86_400 })}.c2ln`;
    const issued = evidenceOf("T1-01", "defended", { exchanges: [answer("login", 200, JSON.stringify({ token }))] });
    const source = [
      decision("jwt-algorithm", "HS256, pinned"),
      decision("jwt-claims", "sub, exp, iat, role"),
      decision("jwt-life", "1h"),
    ];
    expect(shown(source, [issued])).toEqual([
      "jwt-algorithm: HS256, pinned (source, sure)",
      "jwt-claims: sub, exp, iat, role (source, sure)",
      "jwt-life: 1h (source, likely)",
      "jwt-life: 24h (behaviour, sure)",
    ]);
  });

  test("throttling, a missing secret, and passwords that are let through", () => {
    const source = [
      decision("throttling", "slowapi"),
      decision("secrets", "environment, required", { detail: "JWT_SECRET" }),
      decision("secrets", "environment, required", { detail: "WEBHOOK_SECRET" }),
      decision("password-policy", "min 8"),
    ];
    const evidence = [
      evidenceOf("T2-03", "exploited"),
      evidenceOf("T1-25", "defended"),
      evidenceOf("T2-01", "exploited", { summary: 'the password "a" is refused: status 201' }),
    ];
    expect(shown(source, evidence)).toEqual([
      "throttling: slowapi (source, likely)",
      "secrets: environment, required (source, sure)",
      "secrets: environment, required (source, likely)",
      "password-policy: min 8 (source, likely)",
      "throttling: none (behaviour, sure)",
      "password-policy: none (behaviour, sure)",
    ]);
  });

  test("a greatest length alone lets short passwords through", () => {
    const source = [decision("password-policy", "max 72")];
    expect(shown(source, [evidenceOf("T2-01", "exploited")])).toEqual(["password-policy: max 72 (source, sure)"]);
    expect(shown(source, [evidenceOf("T2-01", "defended")])).toEqual([
      "password-policy: max 72 (source, likely)",
      "password-policy: some (behaviour, sure)",
    ]);
  });

  test("docs, foreign origins and the methods that they are told, headers, and the words of a refusal", () => {
    const origin: [string, string] = ["Origin", "https://foreign.example"];
    const nosniff: [string, string] = ["X-Content-Type-Options", "nosniff"];
    const seen = evidenceOf("observation", "none", {
      exchanges: [
        answer("docs: /openapi.json", 200, '{"openapi": "3.1.0"}', [nosniff]),
        answer("docs: /docs", 404, "", [nosniff]),
        answer(
          "preflight: https://foreign.example asks for /login",
          200,
          "",
          [["access-control-allow-methods", "POST, DELETE"]],
          { headers: [origin] },
        ),
        answer(
          "malformed: a body of the wrong type",
          422,
          '{"detail":[{"loc":["body","email"],"input":["echoabc"]}]}',
          [nosniff],
          {
            body: { kind: "text", text: '{"email":1,"password":["echoabc"]}', totalBytes: 1, cut: false },
          },
        ),
      ],
    });
    const source = [
      decision("docs-exposure", "off"),
      decision("cors", "middleware, https://app.example"),
      decision("security-headers", "helmet"),
    ];
    expect(shown(source, [seen])).toEqual([
      "docs-exposure: off (source, likely)",
      "cors: middleware, https://app.example (source, sure)",
      "security-headers: helmet (source, sure)",
      "docs-exposure: open (behaviour, sure)",
      "cors-methods-told: DELETE POST (behaviour, sure)",
      "validation-errors: tell the validator's words, the password that was sent (behaviour, sure)",
    ]);
  });

  test("any origin that is let in contradicts a list of one", () => {
    const seen = evidenceOf("observation", "none", {
      exchanges: [
        answer("preflight: x", 200, "", [["Access-Control-Allow-Origin", "*"]], {
          headers: [["Origin", "https://foreign.example"]],
        }),
      ],
    });
    expect(shown([decision("cors", "middleware, https://app.example")], [seen])).toContain(
      "cors: any origin (behaviour, sure)",
    );
    expect(shown([decision("cors", "middleware, *")], [seen])).toContain("cors: middleware, * (source, sure)");
  });
});
