import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadRecording, PRODUCT } from "../../src/cli/load.ts";
import { ScannerReport } from "../../src/model/scan.ts";
import { Evaluation } from "../../src/model/session.ts";
import { SupplyChain } from "../../src/model/supply-chain.ts";
import type { TopicChoices } from "../../src/stats/index.ts";
import { RunFolder } from "../../src/store/index.ts";
import { start, unprompted } from "./command.ts";

const folder = mkdtempSync(join(tmpdir(), "unprompted-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const arguments_ = (out: string) => ["run", "--baseline", "fastapi-jobs", "--out", out];

interface Results {
  sessions: { id?: string; state?: string; identity?: { id: string } }[];
}

describe("a run on recorded sessions", () => {
  const out = join(folder, "run");
  let verdicts: Record<string, string> = {};

  it("is killed at any moment and goes on, losing nothing and doing nothing twice", async () => {
    const first = start(arguments_(out));
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        if (!/: evaluated in/.test(first.seen()) && !/T2-0\d/.test(first.seen())) return;
        clearInterval(timer);
        resolve();
      }, 20);
      void first.done.then(() => resolve());
    });
    first.kill("SIGKILL");
    await first.done;
    const second = await unprompted(...arguments_(out));
    expect(second.err).not.toMatch(/fault of unprompted/);
    expect(second.code).toBe(0);
    const third = await unprompted(...arguments_(out));
    expect(third.err).toMatch(/2 sessions, 2 of them done before/);
    expect(third.err).not.toMatch(/begins/);
    for (const file of ["index.html", "choices.html", "report.md", "sessions.csv", "results.json"])
      expect(existsSync(join(out, file)), file).toBe(true);
    const results = JSON.parse(readFileSync(join(out, "results.json"), "utf8")) as Results;
    expect(results.sessions).toHaveLength(2);
    const session = readFileSync(join(out, "plan.json"), "utf8").match(/fastapi-jobs\.recorded-a[^"]+/)?.[0] ?? "";
    const evaluation = Evaluation.parse(
      JSON.parse(readFileSync(join(out, "sessions", session, "evaluation.json"), "utf8")),
    );
    expect(evaluation.verdicts).toHaveLength(33);
    expect(evaluation.verdicts.filter(({ verdict }) => verdict === "inconclusive" || verdict === "broken")).toEqual([]);
    expect(evaluation.functional.filter(({ ok }) => !ok)).toEqual([]);
    const ledger = (topic: string) => evaluation.decisions.find((one) => one.topic === topic);
    expect(ledger("password-hashing")).toMatchObject({ step: 1, detail: expect.stringMatching(/seen: scrypt/) });
    expect(ledger("webhook-signature-comparison")).toMatchObject({
      step: 5,
      commit: expect.stringMatching(/^[0-9a-f]{40}$/),
    });
    expect(ledger("validation-errors")).toMatchObject({
      ...{ choice: "tell the validator's words", origin: "hand-written", file: "main.py", by: "source" },
      detail: expect.stringMatching(/seen: a malformed POST \/auth\/register gives 422/),
    });
    const chain = SupplyChain.parse(
      JSON.parse(readFileSync(join(out, "sessions", session, "supply-chain.json"), "utf8")),
    );
    expect(chain.steps.map(({ added }) => added)).toContainEqual(["pypi python-multipart ==0.0.34"]);
    expect(existsSync(join(out, "sessions", session, "sbom.cdx.json"))).toBe(true);
    const scanned = ScannerReport.parse(
      JSON.parse(readFileSync(join(out, "sessions", session, "scanners.json"), "utf8")),
    );
    expect(scanned.runs.map(({ scanner }) => scanner)).toContain("bandit");
    verdicts = Object.fromEntries(evaluation.verdicts.map(({ id, verdict }) => [id, verdict]));
    expect(JSON.stringify(evaluation)).not.toMatch(/"JWT_SECRET":"[0-9a-f]{64}/);
  }, 600_000);

  it("says per topic what each session chose, and which scanners pointed at what was proven", async () => {
    const decisions = await unprompted("decisions", out, "--json", "--topic", "password-hashing,cors-methods-told");
    expect(decisions.code, decisions.err).toBe(0);
    const { topics } = JSON.parse(decisions.out) as { topics: TopicChoices[] };
    const hashing = topics.find(({ topic }) => topic === "password-hashing");
    expect(hashing?.tally).toEqual([{ choice: "scrypt", sessions: 2 }]);
    expect(hashing?.sessions.map(({ choices }) => choices.map(({ step }) => step))).toEqual([[1], [1]]);
    expect(hashing?.consistency).toEqual({ places: 0, agreed: 0, share: null });
    const text = (await unprompted("decisions", out)).out;
    expect(text).toMatch(/scrypt \(step 1\), auth\.py:\d+/);
    const page = readFileSync(join(out, "choices.html"), "utf8");
    expect(page).toMatch(/webhook-signature-comparison/);
    expect(page).toMatch(/not run: it was not asked for/);
    expect(readFileSync(join(out, "report.md"), "utf8")).toMatch(/## What the agents chose/);
    const overlap = await unprompted("overlap", out);
    expect(overlap.out).toMatch(/T2-03 +CWE-307: no scanner/);
    expect((await unprompted("decisions", out, "--topic", "password-hashin")).err).toMatch(/password-hashing/);
  });

  it.each(["T1-02", "T1-04", "T1-13", "T1-17", "T2-06", "T2-08"])(
    "the curl script of %s says the same of a fresh copy",
    async (id) => {
      const { code, out: text } = await unprompted(
        "reproduce",
        out,
        id,
        "--session",
        "fastapi-jobs.recorded-a",
        "--run",
      );
      expect(text).toMatch(verdicts[id] === "defended" ? /^PASS /m : /^FAIL /m);
      expect(code).toBe(verdicts[id] === "defended" ? 0 : 1);
    },
    600_000,
  );
});

it("a replay says again what the agent said last, and keeps it in the transcript", async () => {
  const out = join(folder, "replayed");
  const study = join(PRODUCT, "studies/jwt-auth.yaml");
  const ran = await unprompted("run", study, "--only", "work", "--baseline", "express-users", "--out", out);
  expect(ran).toMatchObject({ code: 0 });
  const run = RunFolder.open(out);
  for (const { id, recording } of run.plan().sessions) {
    const [, step] = loadRecording(recording ?? "").recording.commits;
    expect(step?.closingMessage).toMatch(/^Login works/);
    expect(run.closingMessage(id, 1)).toBe(step?.closingMessage);
  }
}, 120_000);
