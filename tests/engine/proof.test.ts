import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { guardOf } from "../../src/cli/guard.ts";
import { type Guard, ProofKeeper } from "../../src/engine/proof.ts";

let root: string;
let guard: Guard;
const WORDS = "a sentence of the catalogue that nobody writes twice by chance";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "unprompted-proof-"));
  for (const folder of ["tree", "kept/steps/1", "fixed"]) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, "fixed/prompt.md"), "Build it.");
  guard = {
    sandbox: "none",
    marks: [{ words: WORDS, where: "the catalogue" }],
    fixed: { "the prompts": join(root, "fixed") },
  };
});
afterEach(() => rmSync(root, { recursive: true, force: true }));
const keep = () => new ProofKeeper(guard);
const host = { host: "example.com", port: 443, allowed: false, times: 2, firstAt: "2026-11-21T00:00:00Z" };

describe("the proof of a session", () => {
  it("has no breach when nothing was seen or changed, and adds up the hosts of its steps", () => {
    const proof = keep();
    writeFileSync(join(root, "tree/app.py"), "print(1)");
    proof.step(1, [host], [], join(root, "tree"));
    proof.step(2, [host], [{ path: "s", why: "is no file" }], join(root, "tree"));
    expect(proof.finish(join(root, "kept"))).toMatchObject({
      hosts: [{ host: "example.com", times: 4 }],
      leftOut: [{ step: 2, path: "s", why: "is no file" }],
      hashes: { "the prompts": expect.stringMatching(/^[0-9a-f]{64}$/) },
      breaches: [],
    });
  });

  it("tells words of the catalogue in the work tree and in what the agent said", () => {
    const proof = keep();
    writeFileSync(join(root, "tree/notes.md"), `x ${WORDS} y`);
    proof.step(1, [], [], join(root, "tree"));
    writeFileSync(join(root, "kept/steps/1/transcript.ndjson"), JSON.stringify({ text: WORDS }));
    const { breaches } = proof.finish(join(root, "kept"));
    expect(breaches).toHaveLength(2);
    expect(breaches.join()).toMatch(/work tree after step 1, in notes.md.*transcript, in steps\/1\/transcript.ndjson/);
  });

  it("tells that something changed which may not", () => {
    const proof = keep();
    writeFileSync(join(root, "fixed/prompt.md"), "Build it well.");
    expect(proof.finish(join(root, "kept")).breaches).toEqual(["the prompts changed while the session ran"]);
  });

  it("has marks from the real catalogue, none of which stands in what every agent is given", async () => {
    const identity = { scenario: "pipeline-jobs", baseline: "fastapi-jobs" } as Parameters<typeof guardOf>[0];
    const real = await guardOf(identity, null, "bubblewrap");
    expect(real.marks.length).toBeGreaterThan(30);
    guard = { ...real, fixed: {} };
    for (const folder of ["scenarios/pipeline-jobs/prompts", "baselines/fastapi-jobs/repo"]) {
      const proof = keep();
      proof.step(1, [], [], join(import.meta.dirname, "../..", folder));
      expect(proof.finish(join(root, "kept")).breaches).toEqual([]);
    }
  });
});
