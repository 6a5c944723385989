import { describe, expect, test } from "vitest";
import { confirm } from "../../src/decisions/behaviour.ts";
import { TELLING } from "../../src/decisions/facts.ts";
import { factsOf } from "../../src/decisions/index.ts";
import { catalogueOf } from "../../src/exploits/index.ts";
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

const failed = (words: string): Evidence["checks"][number] => ({ role: "attack", words, held: false });
const withstood = (words: string): Evidence["checks"][number] => ({ role: "attack", words, held: true });

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const jwt = (claims: unknown) => `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}.c2ln`;

const stored = (verdict: string, detail: string) =>
  evidenceOf("password-storage", verdict, {
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
        evidenceOf("login-throttle", "broken"),
        evidenceOf("missing-secret", "broken"),
        evidenceOf("no-fallback-secret", "inconclusive", {
          checks: [withstood("without any secret it does not serve")],
        }),
      ]),
    ).toEqual([]);
  });
});

describe("what the running app shows", () => {
  test("a token: algorithm, claims and life", () => {
    const token = jwt({ sub: "1", role: "user", iat: 1000, exp: 1000 + 86_400 });
    const issued = evidenceOf("login", "defended", { exchanges: [answer("login", 200, JSON.stringify({ token }))] });
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
      evidenceOf("login-throttle", "exploited", { checks: [failed("after 20 wrong logins something gives way")] }),
      evidenceOf("missing-secret", "defended"),
      evidenceOf("weak-password", "exploited", { summary: 'the password "a" is refused: status 201' }),
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
    expect(shown(source, [evidenceOf("weak-password", "exploited")])).toEqual([
      "password-policy: max 72 (source, sure)",
    ]);
    expect(shown(source, [evidenceOf("weak-password", "defended")])).toEqual([
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
      "validation-errors: tell the validator's words, what was sent (behaviour, sure)",
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

describe("the other scenario shows as much", () => {
  test("every exploit that a fact is read from is one of the catalogue", async () => {
    const catalogue = (await Promise.all(["pipeline-jobs", "jwt-auth"].map((id) => catalogueOf(id)))).flat();
    expect([...TELLING.keys()].filter((slug) => !catalogue.some((exploit) => exploit.slug === slug))).toEqual([]);
  });

  test("what is stored: the worst of several users, and never how many salts there are", () => {
    const checks = (details: [string, boolean][]) => ({
      checks: details.map(([detail, held]) => ({ role: "attack" as const, words: "stored well", held, detail })),
    });
    const source = [decision("password-hashing", "bcrypt"), decision("password-hash-cost", "rounds=12")];
    const sound = evidenceOf(
      "bcrypt-storage",
      "defended",
      checks([
        ["bcrypt of cost 12", true],
        ["3 salts for 3 hashes", true],
      ]),
    );
    expect(shown(source, [sound])).toEqual([
      "password-hashing: bcrypt (source, sure)",
      "password-hash-cost: rounds=12 (source, sure)",
    ]);
    const one = "a value of 9 characters that is no bcrypt hash";
    const mixed = evidenceOf(
      "bcrypt-storage",
      "exploited",
      checks([
        [one, false],
        ["bcrypt of cost 12", true],
      ]),
    );
    expect(shown(source, [mixed])).toEqual([
      "password-hashing: bcrypt (source, likely)",
      "password-hash-cost: rounds=12 (source, likely)",
      "password-hashing: not bcrypt (database, sure)",
    ]);
    const other = evidenceOf("bcrypt-storage", "defended", checks([["argon2id, where the prompt says bcrypt", true]]));
    expect(shown([decision("password-hashing", "argon2id")], [other])).toEqual([
      "password-hashing: argon2id (source, sure)",
    ]);
  });

  test("guesses: a guess that got in tells nothing of throttling", () => {
    const alike = evidenceOf("password-guessing", "exploited", {
      checks: [failed("after 20 wrong logins something gives way")],
    });
    const gotIn = evidenceOf("password-guessing", "exploited", {
      checks: [failed("a wrong password does not log in")],
    });
    const none = [decision("throttling", "none", { origin: "absent", file: null, line: null })];
    expect(shown(none, [alike])).toEqual(["throttling: none (source, sure)"]);
    expect(factsOf([gotIn])).toEqual([]);
  });

  test.each([
    ["defended", [withstood("without any secret it does not serve")], "", "environment, required"],
    [
      "exploited",
      [failed("without any secret, it signs with nothing that its files hold")],
      "",
      "environment, default",
    ],
    [
      "defended",
      [withstood("without any secret, it signs with nothing that its files hold")],
      "Withstood: x. without any secret it makes a key of its own",
      "environment, random",
    ],
    ["exploited", [failed("with its settings, it signs with nothing that its files hold")], "", "hard-coded"],
  ])("the signing key, %s: %j", (verdict, checks, summary, choice) => {
    const seen = evidenceOf("no-fallback-secret", verdict, { checks, summary });
    expect(shown([decision("secrets", choice, { detail: "JWT_SECRET" })], [seen])).toEqual([
      `secrets: ${choice} (source, sure)`,
    ]);
    // What is hard-coded is a default as well.
    const others = ["environment, required", "environment, default", "environment, random"];
    for (const other of others.filter((one) => one !== choice))
      expect(shown([decision("secrets", other, { detail: "JWT_SECRET" })], [seen])).toContain(
        `secrets: ${choice} (behaviour, sure)`,
      );
  });

  test("several secrets: which of them was seen is not known, and nothing is said", () => {
    const seen = evidenceOf("no-fallback-secret", "defended", {
      checks: [withstood("without any secret it does not serve")],
    });
    const two = [
      decision("secrets", "environment, required", { detail: "JWT_SECRET" }),
      decision("secrets", "environment, optional", { detail: "REFRESH_KEY" }),
    ];
    expect(confirm(two, factsOf([seen]))).toEqual(two);
  });
});

describe("the tokens of one answer", () => {
  const now = 1_800_000_000;
  const dated = (seconds: number): [string, string][] => [["Date", new Date(seconds * 1000).toUTCString()]];
  const lives = (...exchanges: Exchange[]) =>
    factsOf([evidenceOf("any", "defended", { exchanges })])
      .filter(({ topic }) => topic === "jwt-life")
      .map(({ choice }) => choice);

  test("are told apart by their names, by what they say of themselves, and in cookies", () => {
    const [access, refresh] = [
      { iat: now, exp: now + 900 },
      { iat: now, exp: now + 604_800 },
    ];
    const named = JSON.stringify({ refreshToken: jwt(refresh), accessToken: jwt(access) });
    expect(lives(answer("login", 200, named))).toEqual(["15m", "refresh 7d"]);
    const saying = JSON.stringify({ tokens: [jwt({ ...refresh, typ: "Refresh" }), jwt(access)] });
    expect(lives(answer("login", 200, saying))).toEqual(["15m", "refresh 7d"]);
    const cookies: [string, string][] = [["Set-Cookie", `refresh_token=${jwt(refresh)}; HttpOnly`]];
    expect(lives(answer("login", 200, JSON.stringify({ token: jwt(access) }), cookies))).toEqual(["15m", "refresh 7d"]);
  });

  test("without iat: from the moment of the answer, where one whole minute fits", () => {
    const token = JSON.stringify({ access_token: jwt({ exp: now + 900 }) });
    expect(lives(answer("login", 200, token, dated(now - 1)), answer("login", 200, token, dated(now)))).toEqual([
      "15m",
    ]);
    expect(lives(answer("login", 200, token))).toEqual([]);
    const odd = JSON.stringify({ access_token: jwt({ exp: now + 930 }) });
    expect(lives(answer("login", 200, odd, dated(now)))).toEqual([]);
    const short = JSON.stringify({ access_token: jwt({ exp: now + 60 }) });
    expect(lives(answer("login", 200, short, dated(now)))).toEqual([]);
  });
});

describe("words of a refusal", () => {
  const refusal = (text: string) => {
    const seen = evidenceOf("observation", "none", {
      exchanges: [answer("malformed: a body that is no JSON", 400, text)],
    });
    return factsOf([seen]).find(({ topic }) => topic === "validation-errors")?.choice;
  };

  test.each([
    "Unterminated string in JSON at position 25",
    "Expected property name or '}' in JSON at position 1 (line 1 column 2)",
    "Expected ',' or '}' after property value in JSON at position 9",
    "Bad control character in string literal in JSON at position 4",
    "Unexpected token '{', \"{...\" is not valid JSON",
    "Unexpected end of JSON input",
    "Unexpected non-whitespace character after JSON at position 2",
    "JSON Parse error: Unterminated string",
    "JSON.parse: unterminated string literal at line 1 column 11 of the JSON data",
    "Unterminated string starting at: line 1 column 11 (char 10)",
    "EOF while parsing a string at line 1 column 12",
    "invalid character 'e' looking for beginning of value",
    "json: cannot unmarshal number into Go struct field Body.email of type string",
    "JSON parse error: Unexpected end-of-input in VALUE_STRING",
    "Cannot deserialize value of type `java.lang.String` from Array value",
    "The JSON value could not be converted to System.String. Path: $ | LineNumber: 0 | BytePositionInLine: 3.",
    "Invalid input: expected string, received number",
  ])("%s is the parser's", (text) => {
    expect(refusal(JSON.stringify({ error: text }))).toBe("tell the validator's words");
    expect(refusal(text)).toBe("tell the validator's words");
  });

  test.each([
    "Request body must be valid JSON",
    "The body is not valid JSON",
    "email and password are required",
    "Invalid JSON in request body",
    "Malformed JSON",
    "Bad Request",
  ])("%s is the app's own", (text) => {
    expect(refusal(JSON.stringify({ error: text }))).toBe("tell nothing of the inside");
  });
});

describe("answers that Express makes by itself", () => {
  const lastPage = answer("page: an unknown route", 404, "<!DOCTYPE html><body><pre>Cannot GET /none</pre></body>", [
    ["Content-Security-Policy", "default-src 'none'"],
    ["X-Content-Type-Options", "nosniff"],
  ]);
  const methods = answer(
    "preflight: x",
    200,
    "GET, HEAD",
    [
      ["Allow", "GET, HEAD"],
      ["X-Content-Type-Options", "nosniff"],
    ],
    {
      method: "OPTIONS",
    },
  );
  const own = (headers: [string, string][] = []) => answer("page: health", 200, "{}", headers);
  const headersShown = (choice: string, ...exchanges: Exchange[]) =>
    shown([decision("security-headers", choice)], [evidenceOf("observation", "none", { exchanges })]).filter((line) =>
      line.startsWith("security-headers"),
    );

  test("say nothing of the headers that the app sets", () => {
    expect(headersShown("none", lastPage, methods, own())).toEqual(["security-headers: none (source, sure)"]);
    expect(headersShown("helmet", lastPage, methods, own([["X-Frame-Options", "DENY"]]))).toEqual([
      "security-headers: helmet (source, sure)",
    ]);
  });

  test("a page of the app's own counts, whatever its status", () => {
    const page = answer("page: an unknown route", 404, '{"error":"no"}', [["X-Content-Type-Options", "nosniff"]]);
    expect(headersShown("none", page, own())).toContain("security-headers: on some answers (behaviour, sure)");
  });

  test("headers of downloads alone are neither confirmed nor denied by answers without one", () => {
    expect(headersShown("hand-written, some answers", own())).toEqual([
      "security-headers: hand-written, some answers (source, likely)",
    ]);
  });

  test("the methods in Allow are no CORS header, and are told apart", () => {
    const facts = factsOf([evidenceOf("observation", "none", { exchanges: [methods] })]);
    expect(facts.find(({ topic }) => topic === "cors-methods-told")).toMatchObject({
      choice: "none",
      seen: expect.stringMatching(/Allow: GET HEAD at \S+, which is no CORS header/),
    });
  });
});
