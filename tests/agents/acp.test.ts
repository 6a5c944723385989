import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { UserError } from "../../src/util/errors.ts";
import { only, trial } from "./session.ts";

const EXAMPLE = fileURLToPath(new URL("example-agent.mjs", import.meta.url));
const PACKAGES = fileURLToPath(new URL("../../node_modules", import.meta.url));
const agent = { kind: "acp", command: ["node", EXAMPLE], readable: [PACKAGES] };

describe("an agent of the Agent Client Protocol", () => {
  test("works on a session of two steps, and all that it did is accounted for", async () => {
    const session = trial(agent, null);
    const record = await session.work({
      prompts: ["Please begin\nwrite first.txt one\nrun printf 2 > second.txt", "strange\nrecall"],
    });
    expect(record).toMatchObject({
      state: "worked",
      provenance: { madeBy: "agent 1.2.3", agent: { kind: "acp", version: "1.2.3" } },
      proof: { breaches: [], hosts: [] },
    });
    expect(record.steps[0]).toMatchObject({
      ...{ filesChanged: 2, toolCalls: { edit: 1, run: 1 }, commandsRun: 1, turns: null },
      ...{ tokensIn: 100, tokensOut: 50, tokensReasoning: 9, tokensCached: null, costUsd: null },
      asked: { permission: 2, question: 0, plan: 0, denied: 0 },
    });
    expect(only(session.transcript(1), "message").map(({ text }) => text)).toEqual(["Working on: Please begin"]);
    const second = session.transcript(2);
    expect(only(second, "unknown")).toEqual([{ type: "unknown", name: "session/update moon_phase" }]);
    expect(only(second, "message").map(({ text }) => text)).toEqual(["Before: nothing"]);
    expect(session.kept("steps/2/raw.ndjson")).toMatch(/"phase":3/);
    expect(session.kept("steps/2/raw.ndjson")).toMatch(/"sent":.*session\/prompt/);
  });

  test("goes on with the conversation where the agent can, and says so where it cannot", async () => {
    const prompts = ["write first.txt one", "recall"];
    const session = trial(agent, null, { conversation: "continue" });
    expect((await session.work({ prompts })).state).toBe("worked");
    expect(only(session.transcript(2), "message")).toEqual([{ type: "message", text: "Before: write first.txt one" }]);
    const forgetful = trial({ ...agent, flags: ["--forgetful"] }, null, { conversation: "continue" });
    await expect(forgetful.work({ prompts })).rejects.toThrow(UserError);
  });

  test("what it asks is answered by policy: denied, nothing is written", async () => {
    const session = trial(agent, null, { condition: { mode: "plan", answers: "deny" } });
    const { steps } = await session.work({ prompts: ["write first.txt one"] });
    expect(steps[0]).toMatchObject({ filesChanged: 0, asked: { permission: 1, denied: 1 } });
    expect(session.kept("steps/1/raw.ndjson")).toMatch(/set_mode.*plan/);
  });

  test.each([
    ["fail the API said 429, too many requests", "interrupted", 2],
    ["fail the model is overloaded", "interrupted", 0],
  ])("%s: %s", async (prompt, state, waits) => {
    const session = trial(agent, null, { limits: { rateLimitSeconds: 0.1, waitSeconds: 0.35 } });
    const record = await session.work({ prompts: ["write a.txt a", prompt] });
    expect(record).toMatchObject({ state, steps: [{ step: 1 }] });
    expect(session.events.filter(({ type }) => type === "AgentWaits")).toHaveLength(waits);
  });

  test("a refusal is kept and marked; not being signed in says what to do", async () => {
    const refused = await trial(agent, null).work({ prompts: ["write a.txt a", "refuse"] });
    expect(refused).toMatchObject({
      state: "worked",
      steps: [{ ended: "finished" }, { ended: "failed", endedBecause: "it stopped with refusal" }],
    });
    const signedOut = await trial({ ...agent, env: { EXAMPLE_SIGNED_OUT: "1" } }, null).work({ prompts: ["x"] });
    expect(signedOut.state).toBe("interrupted");
    expect(signedOut.problem).toContain("unprompted doctor");
  });

  test("ends when it hangs", async () => {
    const { steps } = await trial(agent, null, { limits: { stepSeconds: 5 } }).work({
      prompts: ["write a.txt a\nhang"],
    });
    expect(steps[0]).toMatchObject({ ended: "timeout", filesChanged: 1 });
  });
});

describe("a command", () => {
  test("gets the prompt on stdin in the work tree; what it prints is its message, what it spent is not known", async () => {
    const session = trial({ kind: "command", command: ["sh", "-c", "cat > prompt.txt; echo I am done"] }, null);
    const record = await session.work({ prompts: ["Do this", "Do that"] });
    expect(record).toMatchObject({ state: "worked", steps: [{ filesChanged: 1 }, { filesChanged: 1 }] });
    expect(record.steps[0]).toMatchObject({ tokensIn: null, toolCalls: null, commandsRun: null, costUsd: null });
    expect(session.kept("steps/2/diff.patch")).toMatch(/-Do this[\s\S]*\+Do that/);
    expect(only(session.transcript(1), "message")).toEqual([{ type: "message", text: "I am done" }]);
  });

  test("gets the prompt as its last argument, and a failure of its own is kept and marked", async () => {
    const command = ["sh", "-c", 'printf %s "$1" > prompt.txt; echo no good >&2; exit 3', "sh"];
    const session = trial({ kind: "command", prompt: "argument", command }, null);
    const { steps } = await session.work({ prompts: ["Do 'this'"] });
    expect(steps[0]).toMatchObject({ ended: "failed", filesChanged: 1 });
    expect(session.kept("steps/1/diff.patch")).toContain("+Do 'this'");
    expect(session.kept("steps/1/raw.ndjson")).toContain("no good");
  });

  test("a scripted model is where MODEL_BASE_URL says, and nothing else is within reach", async () => {
    const script = { turns: [{ answers: [{ say: "from the script" }] }] };
    const command = [
      "sh",
      "-c",
      "curl -s $MODEL_BASE_URL/v1/models; curl -s -o /dev/null -w '%{http_code}' http://example.com/ || echo refused",
    ];
    const session = trial({ kind: "command", command }, script);
    const record = await session.work({ prompts: ["x"] });
    expect(only(session.transcript(1), "message")[0]?.text).toContain('"owned_by":"script"');
    expect(record.proof?.hosts).toMatchObject([{ host: "example.com", allowed: false }]);
  });

  test("keys that the study hands on are in no file that is kept", async () => {
    process.env["TRIAL_SECRET"] = "hush-hush-0123456789";
    const command = ["sh", "-c", "echo key $TRIAL_SECRET; echo $TRIAL_SECRET > key.txt; echo $TRIAL_SECRET >&2"];
    const session = trial({ kind: "command", command, pass: ["TRIAL_SECRET"] }, null);
    await session.work({ prompts: ["x"] });
    for (const name of ["transcript.ndjson", "raw.ndjson", "diff.patch"]) {
      expect(session.kept(`steps/1/${name}`)).not.toContain("hush-hush");
      expect(session.kept(`steps/1/${name}`)).toContain("[redacted TRIAL_SECRET]");
    }
  });
});
