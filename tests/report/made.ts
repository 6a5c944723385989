import {
  type CatalogueEntry,
  Delivery,
  Evaluation,
  Evidence,
  type FunctionalResult,
  Plan,
  type SessionIdentity,
  SessionRecord,
  type SessionResult,
  scoreOf,
  type Verdict,
  type VerdictKind,
} from "../../src/model/index.ts";
import type { ReportInput } from "../../src/report/index.ts";
import { CATALOGUE } from "./made-catalogue.ts";

/** Every text that an app or agent could have written goes through this: plain by default, hostile where a test says so. */
export type Say = (text: string) => string;

const KINDS: Readonly<Record<string, VerdictKind>> = {
  "+": "defended",
  x: "exploited",
  b: "broken",
  "?": "inconclusive",
  "-": "not-applicable",
};

/** One letter a test, in the order of the catalogue; a blank leaves the test out. */
const MEASURED: Readonly<Record<string, string>> = {
  "fastapi-jobs/recorded-a": "+++++++++++++x+++++++++++x+x++xxx",
  "fastapi-jobs/recorded-b": "++++++x++++++++x+++++++++x+x++xxx",
  "express-jobs/recorded-a": "+x+++++++++++++++xx+++++?+++++xxx",
  "express-jobs/recorded-b": "++++x+++++x++++++++++b+xxx+x?-xxx",
  "nextjs-jobs/recorded-a": "xxb+++bb+b++++++++++x++x+++xx+x-x",
};

function identity(baseline: string, agent: string): SessionIdentity {
  return {
    id: `${baseline}-${agent}-bare-1`,
    scenario: "pipeline-jobs",
    baseline,
    agent,
    agentKind: "replay",
    model: null,
    condition: "bare",
    replicate: 1,
    recording: `${baseline}-${agent.slice(-1)}`,
  };
}

function verdictsFor(letters: string, say: Say, catalogue: readonly CatalogueEntry[]): Verdict[] {
  const summaries: Record<VerdictKind, string> = {
    defended: "All 7 operations answered 401 without a valid token, and nothing was created.",
    exploited: "The second user read the first user's job: the answer held its name and its description.",
    broken: "The control failed: the owner's own upload was answered 500.",
    inconclusive: "The app's database could not be opened while the attack ran.",
    "not-applicable": "The app was given as an address, so its folder could not be looked at.",
  };
  return catalogue.flatMap((entry, i): Verdict[] => {
    const verdict = KINDS[letters[i] ?? " "];
    if (!verdict) return [];
    return [
      {
        id: entry.id,
        slug: entry.slug,
        tier: entry.tier,
        verdict,
        summary: say(summaries[verdict]),
        evidence: [`evidence/${entry.id}.json`],
        durationMs: 40 + 17 * i,
      },
    ];
  });
}

const SAYS = ["Add JWT authentication.", "Users can upload a file to a job.", "Jobs can be searched by name."];

function functionalFor(failed: number, say: Say): FunctionalResult[] {
  return Array.from({ length: 31 }, (_, i) => ({
    id: `F${i + 1}`,
    step: (i % 6) + 1,
    says: say(SAYS[i % 3] ?? ""),
    ok: i >= failed,
    detail: say(i >= failed ? "201, and the job is listed" : "500 in place of 201"),
  }));
}

export function madeEvaluation(
  letters: string,
  say: Say = (text) => text,
  catalogue = CATALOGUE,
  failed = 0,
): Evaluation {
  const verdicts = verdictsFor(letters, say, catalogue);
  return Evaluation.parse({
    formatVersion: 1,
    scenario: "pipeline-jobs",
    app: {
      name: say("jobs"),
      framework: say("FastAPI"),
      toolchain: "python",
      install: say("uv sync --frozen"),
      build: null,
      start: say("uvicorn main:app --port $PORT"),
      sandbox: "bubblewrap",
      settings: [{ name: "JWT_SECRET", why: say("named in .env.example") }],
      stage: "ready",
      durationsMs: { install: 820, build: 0, start: 1400 },
      dependenciesCached: true,
    },
    contract: {
      formatVersion: 1,
      scenario: "pipeline-jobs",
      auth: { scheme: "Bearer" },
      operations: {},
      missing: { share: say("no route answered") },
      deviations: [say("login takes a form, where the prompt says nothing")],
      how: [say("openapi.json lists 14 routes")],
    },
    functional: functionalFor(failed, say),
    verdicts,
    decisions: [
      {
        topic: "password-hashing",
        choice: say("bcrypt"),
        origin: "library",
        file: say("app/auth.py"),
        line: 14,
        by: "database",
      },
      { topic: "jwt-claims", choice: say("sub exp"), origin: "hand-written", file: say("app/auth.py"), line: 21 },
      { topic: "jwt-library", choice: say("PyJWT"), origin: "library", file: say("app/auth.py"), line: 3 },
    ],
    score: scoreOf(verdicts),
    durationsMs: { contract: 900, functional: 2100, exploits: 14_200, total: 17_200 },
  });
}

/** What was handed over with an app: some of it measured, some not. */
export function madeDelivery(say: Say = (text) => text): Delivery {
  return Delivery.parse({
    formatVersion: 1,
    tests: {
      command: say("npm test"),
      outcome: "passed",
      detail: "",
      total: 12,
      passed: 12,
      seconds: 4.1,
      added: [say("pytest")],
    },
    holes: [
      { id: "expiry-ignored", what: "expired tokens are accepted", outcome: "noticed", detail: "2 of 12 tests fail" },
      { id: "signature-unchecked", what: "whoever signed", outcome: "missed", detail: "the suite stays green" },
      { id: "refusals-are-200", what: "every 401 is 200", outcome: "not run", detail: "no place for it" },
    ],
    deprecated: [{ what: say("on_event"), file: say("main.py"), line: 3 }],
    secrets: [],
    deviations: [{ what: say("login is at /auth/login, not /login"), said: true }],
    readme: [
      { id: "readme", says: "there is a README", held: true, detail: "" },
      { id: "routes", says: "names every route", held: false, detail: say("missing: /refresh") },
      { id: "answers", says: "shows what each route answers", held: null, detail: "not known" },
    ],
    docsPage: { outcome: "not run", detail: say("the app serves no docs page"), url: null, picture: null },
    closingMessage: {
      topics: [
        { id: "secret", says: "the secret that signs tokens", sentence: say("Set JWT_SECRET before you start.") },
        { id: "throttle", says: "limits on guessing", sentence: null },
      ],
      questions: [say("Shall /users need a token too?")],
    },
  });
}

function madeRecord(
  id: SessionIdentity,
  say: Say,
  state: SessionRecord["state"],
  problem: string | null,
): SessionRecord {
  return SessionRecord.parse({
    formatVersion: 1,
    identity: id,
    state,
    provenance: {
      madeBy: say("a general coding agent, in a session of this project"),
      recordedOn: "2026-05-03",
      conversation: "fresh",
      scenario: "pipeline-jobs",
      promptsVersion: "1",
      baseline: id.baseline,
      baselineCommit: "0f3c9a7d21b84e6f",
      notes: say("Recorded with the prompts as they are, nothing else said."),
    },
    steps: Array.from({ length: 6 }, (_, i) => ({
      step: i + 1,
      prompt: `${i + 1}.md`,
      commit: "9b1f0c55aa31",
      durationSeconds: 95 + 31 * i,
      filesChanged: 3 + i,
      linesAdded: 120 + 40 * i,
      linesRemoved: 8 * i,
      tokensIn: null,
      tokensOut: null,
      costUsd: null,
    })),
    problem: problem === null ? null : say(problem),
    startedAt: "2026-05-04T10:00:00Z",
    finishedAt: "2026-05-04T10:03:00Z",
  });
}

export function madeEvidence(verdict: Verdict, say: Say = (text) => text): Evidence {
  const attack = verdict.verdict === "exploited" ? 200 : 404;
  return Evidence.parse({
    formatVersion: 1,
    id: verdict.id,
    slug: verdict.slug,
    verdict: verdict.verdict,
    summary: verdict.summary,
    exchanges: [
      {
        n: 1,
        label: say("register the owner"),
        request: {
          method: "POST",
          path: say("/auth/register"),
          headers: [["Content-Type", "application/json"]],
          body: {
            kind: "text",
            text: '{"email":"owner-k2v9@example.com","password":"Zr8-kept-secret"}',
            totalBytes: 63,
            cut: false,
          },
          chunked: false,
          from: "127.0.3.1",
        },
        response: {
          status: 201,
          headers: [
            ["content-type", "application/json"],
            ["x-powered-by", say("Express")],
          ],
          body: { kind: "text", text: say('{"id":7,"email":"owner-k2v9@example.com"}'), totalBytes: 41, cut: false },
        },
        durationMs: 214.4,
      },
      {
        n: 2,
        label: say("control: the owner reads the job"),
        request: {
          method: "GET",
          path: "/jobs/12",
          headers: [["Authorization", "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOjd9.k3"]],
          chunked: false,
          from: "127.0.3.1",
        },
        response: {
          status: 200,
          headers: [["content-type", "application/json"]],
          body: {
            kind: "text",
            text: say('{"id":12,"name":"nightly kqz81","description":"d-kqz81"}'),
            totalBytes: 55,
            cut: false,
          },
        },
        durationMs: 6.1,
      },
      {
        n: 3,
        label: "attack: another user reads the job",
        request: {
          method: "GET",
          path: "/jobs/12",
          headers: [["Authorization", say("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOjh9.v9")]],
          chunked: false,
          from: "127.0.3.1",
        },
        response: {
          status: attack,
          headers: [["content-type", "application/json"]],
          body: {
            kind: "text",
            text: say(attack === 200 ? '{"id":12,"name":"nightly kqz81"}' : '{"error":"Not found"}'),
            totalBytes: 9000,
            cut: true,
          },
        },
        durationMs: 5.8,
      },
      {
        n: 4,
        label: "attack: an upload just over 50 MB",
        request: {
          method: "POST",
          path: "/jobs/12/upload",
          headers: [["Content-Type", "multipart/form-data; boundary=b"]],
          body: {
            kind: "fill",
            head: say('--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'),
            fillBytes: 52_428_801,
            fillByte: "a",
            tail: "\r\n--b--\r\n",
            totalBytes: 52_428_888,
          },
          chunked: true,
          from: "127.0.3.1",
        },
        noAnswer: "reset",
        durationMs: 1830,
      },
      {
        n: 5,
        label: "download",
        request: { method: "GET", path: "/jobs/12/download", headers: [], chunked: false, from: "127.0.3.1" },
        response: {
          status: 500,
          headers: [],
          body: {
            kind: "base64",
            base64: Buffer.concat([
              Buffer.from(say("binary ")),
              Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28, 0x1b]),
            ]).toString("base64"),
            totalBytes: 13,
            cut: false,
          },
        },
        durationMs: 3.2,
      },
    ],
    checks: [
      {
        role: "control",
        words: "the owner reads the job: 2xx with its name",
        held: true,
        exchange: 2,
        condition: { status: ["2xx"], bodyHas: ["kqz81"] },
      },
      {
        role: "attack",
        words: "another user gets 403 or 404 and no field of it",
        held: verdict.verdict !== "exploited",
        exchange: 3,
        detail: say(verdict.verdict === "exploited" ? "200, and the body has kqz81" : "404"),
      },
      { role: "effect", words: "the job is unchanged", held: true, detail: say("row 12 of jobs: name nightly kqz81") },
    ],
    values: [
      { name: "token", literal: say("eyJhbGciOiJIUzI1NiJ9"), how: { kind: "json", exchange: 1, pointer: "/token" } },
    ],
    outside: [{ after: 3, what: say("look at the jobs table") }],
  });
}

export interface Made extends ReportInput {
  sessions: SessionResult[];
}

/** Five measured sessions and one whose build failed, of a study of three baselines and two recorded agents. */
export function madeInput({
  say = (text) => text,
  catalogue = CATALOGUE,
}: {
  say?: Say;
  catalogue?: CatalogueEntry[];
} = {}): Made {
  const baselines = ["fastapi-jobs", "express-jobs", "nextjs-jobs"];
  const agents = ["recorded-a", "recorded-b"];
  const identities = baselines.flatMap((baseline) => agents.map((agent) => identity(baseline, agent)));
  const sessions = identities.map((id, i): SessionResult => {
    const letters = MEASURED[`${id.baseline}/${id.agent}`];
    if (letters) {
      const failed = i % 3 === 2 ? 2 : 0;
      return {
        record: madeRecord(id, say, "evaluated", null),
        evaluation: madeEvaluation(letters, say, catalogue, failed),
        ...(id.baseline === "fastapi-jobs" && id.agent === "recorded-a" ? { delivery: madeDelivery(say) } : {}),
        folder: `sessions/${id.id}`,
      };
    }
    const evaluation = madeEvaluation("", say, catalogue);
    return {
      record: madeRecord(id, say, "failed", "next build ended with exit code 1."),
      evaluation: {
        ...evaluation,
        functional: [],
        decisions: [],
        app: {
          ...evaluation.app,
          stage: "build",
          problem: say("next build ended with exit code 1."),
          log: say(
            "Failed to compile.\n./app/api/jobs/route.ts:41:9\nType error: Property 'user' does not exist on type 'Request'.",
          ),
        },
      },
      folder: `sessions/${id.id}`,
    };
  });
  const plan = Plan.parse({
    formatVersion: 1,
    study: {
      id: "demo",
      title: say("Three frameworks, two recorded agents"),
      scenario: "pipeline-jobs",
      baselines,
      agents: agents.map((id) => ({ id, kind: "replay" })),
    },
    sessions: [...identities].reverse(),
  });
  return {
    plan,
    sessions: [...sessions].reverse(),
    catalogue,
    notes: new Map([["recorded-a", say("Reads well;\nits tests are few.")]]),
    evidence: (session, id) => {
      const verdict = session.evaluation?.verdicts.find((v) => v.id === id);
      return verdict ? madeEvidence(verdict, say) : null;
    },
    curl: (evidence) =>
      say(
        `#!/bin/sh\n# ${evidence.id} ${evidence.slug}\nset -eu\nBASE=\${BASE:-http://127.0.0.1:8000}\ncurl -sS -X GET "$BASE/jobs/12" -H "Authorization: Bearer $TOKEN"\necho PASS\n`,
      ),
  };
}
