import { describe, expect, test } from "vitest";
import { genuineSessions } from "./genuine.ts";
import { only, trial } from "./session.ts";

describe("claude-code", () => {
  genuineSessions("claude-code");
});

describe("modes of claude-code", () => {
  const script = {
    turns: [
      {
        answers: [
          { do: [{ write: "first.txt", content: "one\n" }] },
          { do: [{ run: "printf two > second.txt" }] },
          { say: "Done." },
        ],
      },
    ],
  };

  test.each([
    ["allow", 2, 0],
    ["deny", 0, 2],
  ] as const)("ask: what it asks is answered with %s, and counted", async (answers, filesChanged, denied) => {
    const session = trial({ kind: "claude-code" }, script, { condition: { mode: "ask", answers } });
    const { steps } = await session.work({ prompts: ["Make two files."] });
    expect(steps[0]).toMatchObject({
      ended: "finished",
      filesChanged,
      asked: { permission: 2, question: 0, plan: 0, denied },
    });
    expect(only(session.transcript(1), "asked").map(({ subject }) => subject.split(" ")[0])).toEqual(["Write", "Bash"]);
  });
});

describe("the cost of claude-code", () => {
  test("comes from the agent for a model that it knows, and is that of the step alone in one conversation", async () => {
    const usage = { in: 100_000, out: 1000 };
    const script = { turns: ["one", "two"].map((when) => ({ when, answers: [{ say: "Nothing to do.", usage }] })) };
    const agent = { kind: "claude-code", model: "claude-sonnet-4-5" };
    const { steps } = await trial(agent, script, { conversation: "continue" }).work({ prompts: ["Do one", "Do two"] });
    // $3 a million in, $15 a million out.
    for (const { costUsd, costFrom } of steps) {
      expect(costUsd).toBeCloseTo(0.315, 5);
      expect(costFrom).toBe("agent");
    }
  });

  test("ends a session whose money is spent", async () => {
    const answers = [{ do: [{ run: "ls" }], usage: { in: 1_000_000, out: 10 } }, { say: "Done." }];
    const agent = { kind: "claude-code", model: "claude-sonnet-4-5" };
    const record = await trial(agent, { turns: [{ answers }] }, { limits: { sessionUsd: 1 } }).work();
    expect(record).toMatchObject({ state: "worked", steps: [{ step: 1, ended: "budget" }] });
    expect(record.cutShort).toContain("The session's $1 were spent after step 1 of 2.");
  });
});
