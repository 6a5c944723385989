import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { AGENT_KINDS, findProgram } from "../../src/agents/index.ts";
import { machinePath } from "../../src/app/index.ts";
import { agentsFolder } from "../../src/cli/agents.ts";
import { only, trial } from "./session.ts";

const DOCS_SERVER = fileURLToPath(new URL("docs-server.mjs", import.meta.url));
const usage = (tokensIn: number, out: number, cached = 0) => ({ in: tokensIn, out, cached });

/** Retries of their own cut short, so that outages are over in seconds. */
const AGENTS = {
  "claude-code": { kind: "claude-code", env: { CLAUDE_CODE_MAX_RETRIES: "1" } },
  codex: {
    kind: "codex",
    flags: ["-c", "model_providers.study.request_max_retries=1", "-c", "model_providers.study.stream_max_retries=1"],
  },
} as const;

/** Two files in two steps; `trouble` comes before the last answer of the second. */
const twoSteps = (trouble: unknown[] = [], more: Record<string, unknown> = {}) => ({
  turns: [
    {
      when: "first file",
      answers: [
        { say: "I make it.", do: [{ write: "first.txt", content: "one\ntwo\n" }], usage: usage(1000, 20, 400) },
        { do: [{ run: "printf three > third.txt" }], usage: usage(1100, 10, 1000) },
        { say: "The first is there.", usage: usage(1200, 5, 1100) },
      ],
    },
    {
      when: "second file",
      answers: [
        { do: [{ write: "second.txt", content: "two\n" }], usage: usage(2000, 30) },
        { say: "The second is there.", usage: usage(2100, 7), trouble, ...more },
      ],
    },
  ],
});

/** Command lines of all processes of this machine. */
function commandLines(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      } catch {
        return "";
      }
    });
}

/** Whole sessions of one agent, the same for each: what is said of it here is what `unprompted` promises of every agent. */
export function genuineSessions(kind: keyof typeof AGENTS): void {
  const agent = AGENTS[kind];
  const { name, tested } = AGENT_KINDS[kind];
  beforeAll(() => {
    const where = { path: machinePath(), installed: agentsFolder(), base: "/" };
    if (!findProgram({ kind, readable: [] }, where)) throw new Error(`${name} is not installed: make test-agents`);
  });

  test("works on a session of two steps, and all that it did is accounted for", async () => {
    const session = trial(agent, twoSteps());
    const record = await session.work();
    expect(record).toMatchObject({
      state: "worked",
      cutShort: null,
      proof: { sandbox: "bubblewrap", breaches: [], leftOut: [] },
      provenance: { madeBy: `${name} ${tested} with a scripted model`, agent: { kind, version: tested } },
    });
    expect(record.proof?.hosts.filter(({ allowed }) => allowed)).toEqual([]);
    const [first, second] = record.steps;
    expect(first).toMatchObject({
      ...{ filesChanged: 2, linesAdded: 3, linesRemoved: 0, commandsRun: 1, toolCalls: { edit: 1, run: 1 } },
      ...{ tokensIn: 3300, tokensOut: 35, tokensCached: 2500, costUsd: null, costFrom: null },
      ...{ ended: "finished", endedBecause: null, attempts: 1, waitedSeconds: 0 },
      asked: { permission: 0, question: 0, plan: 0, denied: 0 },
    });
    expect(first?.secondsToFirstEdit).toBeGreaterThan(0);
    expect(first?.secondsToFirstEdit).toBeLessThan(first?.durationSeconds ?? 0);
    expect(second).toMatchObject({ filesChanged: 1, linesAdded: 1, tokensIn: 4100, tokensOut: 37 });
    const events = session.transcript(1);
    expect(only(events, "message").map(({ text }) => text)).toEqual(["I make it.", "The first is there."]);
    expect(only(events, "tool-result").map(({ ok }) => ok)).toEqual([true, true]);
    expect(only(events, "unknown").filter(({ name: unread }) => !unread.startsWith("system/"))).toEqual([]);
    expect(session.kept("steps/1/diff.patch")).toContain("+two");
    expect(session.kept("steps/1/raw.ndjson")).toContain("The first is there.");
    // Fresh conversations: nothing of the first step is said in the second.
    expect(only(session.transcript(2), "message").map(({ text }) => text)).toEqual(["The second is there."]);
    expect(session.kept("steps/2/raw.ndjson")).not.toContain("first.txt");
  });

  test("goes on with the conversation where the study says so, with the figures of each step alone", async () => {
    const script = twoSteps();
    const again = { when: "second file", given: "The first is there.", answers: script.turns[1]?.answers };
    const session = trial(agent, { turns: [script.turns[0], again] }, { conversation: "continue" });
    const record = await session.work();
    expect(record.state).toBe("worked");
    expect(record.steps[1]).toMatchObject({ filesChanged: 1, tokensIn: 4100, tokensOut: 37 });
    expect(record.conversation).toMatchObject({ tokensIn: 7400, tokensOut: 72 });
  });

  test("a rate limit is waited for and the step begun anew; a cut and a slow stream are got over", async () => {
    const trouble = [{ status: 429, times: 2 }, { dropAfterEvents: 2 }];
    const session = trial(agent, twoSteps(trouble, { eventDelayMs: 20 }), { limits: { rateLimitSeconds: 0.2 } });
    const record = await session.work();
    expect(record.state).toBe("worked");
    const [, second] = record.steps;
    expect(second).toMatchObject({ ended: "finished", filesChanged: 1 });
    expect(second?.attempts).toBeGreaterThan(1);
    expect(second?.waitedSeconds).toBeGreaterThan(0.1);
    expect(session.events.filter(({ type }) => type === "AgentWaits")).toHaveLength((second?.attempts ?? 0) - 1);
    expect(session.kept("steps/2/attempt-1.transcript.ndjson")).toContain("rate-limited");
  });

  test("a model that is down interrupts the session, which goes on after its last finished step", async () => {
    const session = trial(agent, twoSteps([{ status: 500, times: 99 }]));
    const cut = await session.work();
    expect(cut).toMatchObject({ state: "interrupted", steps: [{ step: 1 }] });
    expect(cut.problem).toMatch(/^Step 2: ./);
    session.write("script.yaml", JSON.stringify(twoSteps()));
    const record = await session.work();
    expect(record).toMatchObject({
      state: "worked",
      problem: null,
      steps: [cut.steps[0], { step: 2, filesChanged: 1 }],
    });
    expect(record.startedAt).toBe(cut.startedAt);
  });

  test("a hung agent is ended with all that it started; what it had done is kept and marked", async () => {
    const marker = `7${Date.now() % 1e9}`;
    const session = trial(
      agent,
      {
        turns: [
          {
            when: "first file",
            answers: [
              { do: [{ write: "begun.txt", content: "begun\n" }, { run: `setsid sleep ${marker} >/dev/null 2>&1 &` }] },
              { say: "never", trouble: [{ hang: true, times: 99 }] },
            ],
          },
          { when: "second file", answers: [{ say: "Nothing to do." }] },
        ],
      },
      { limits: { stepSeconds: 20 } },
    );
    const { steps, state } = await session.work();
    expect(state).toBe("worked");
    expect(steps[0]).toMatchObject({ ended: "timeout", filesChanged: 1, commandsRun: 1 });
    expect(steps[0]?.endedBecause).toContain("not done after 20 s");
    expect(steps[1]).toMatchObject({ ended: "finished", filesChanged: 0 });
    expect(commandLines().filter((line) => line.includes(`sleep ${marker}`))).toEqual([]);
  });

  test("reads the condition's instructions, which no diff shows, and uses its MCP server", async () => {
    const session = trial(
      agent,
      {
        turns: [
          {
            given: "Always write GUIDED",
            answers: [
              { do: [{ call: "mcp__docs__search", input: { query: "files" } }] },
              { do: [{ write: "first.txt", content: "GUIDED\n" }] },
            ],
          },
        ],
      },
      {
        condition: {
          guidance: "guidance.md",
          effort: "low",
          mcpServers: { docs: { command: "node", args: [DOCS_SERVER] } },
        },
      },
    );
    const record = await session.work({ prompts: ["Make the first file."] });
    expect(record.steps[0]).toMatchObject({ filesChanged: 1, toolCalls: { mcp: 1, edit: 1 } });
    const diff = session.kept("steps/1/diff.patch");
    expect(diff).toContain("+GUIDED");
    expect(diff).not.toMatch(/CLAUDE\.md|AGENTS\.md/);
    expect(session.kept("steps/1/raw.ndjson")).toContain("FOUND-IN-DOCS");
    expect(record.provenance?.agent?.argv.join(" ")).toContain("low");
  });

  test("gives no further prompt when the session's tokens are spent", async () => {
    const record = await trial(agent, twoSteps(), { limits: { sessionTokens: 3000 } }).work();
    expect(record).toMatchObject({ state: "worked", steps: [{ step: 1 }] });
    expect(record.cutShort).toBe("The session's 3000 tokens were spent after step 1 of 2.");
  });
}
