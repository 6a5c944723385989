import { expect, test } from "vitest";
import { only, trial } from "./session.ts";

/** What no version of an agent writes today, and any may tomorrow. */
const STRANGE = [
  "not JSON at all",
  "[1, 2",
  "null",
  "[]",
  '"text"',
  '{"no":"type"}',
  '{"type":7}',
  '{"type":"moon_phase","phase":3}',
  '{"type":"item.completed"}',
  '{"type":"item.completed","item":{"id":"i","type":"hologram"}}',
  '{"type":"turn.completed","usage":{"input_tokens":"many"}}',
  '{"type":"assistant","message":{"content":[{"type":"hologram"},{"type":"text"}]}}',
  '{"type":"assistant","message":{"content":7}}',
  '{"type":"result","usage":"none"}',
  '{"type":"control_request","request_id":"r","request":{"subtype":"dance"}}',
  `{"type":"huge","text":"${"x".repeat(300_000)}"}`,
];

test.each([
  ["claude-code", '{"type":"result","is_error":false,"result":"Done","usage":{"input_tokens":5,"output_tokens":2}}'],
  ["codex", '{"type":"turn.completed","usage":{"input_tokens":5,"output_tokens":2}}'],
])("%s: lines that nobody knows are kept and break nothing", async (kind, last) => {
  const quoted = [...STRANGE, last].map((line) => `'${line}'`).join(" ");
  const session = trial({ kind, command: ["/bin/sh", "./strange.sh"] }, null);
  session.write("strange.sh", `cat > /dev/null; printf '%s\\n' ${quoted}\n`);
  const { steps } = await session.work({ prompts: ["x"] });
  expect(steps[0]).toMatchObject({ ended: "finished", tokensIn: 5, tokensOut: 2, tokensReasoning: null });
  const raw = session.kept("steps/1/raw.ndjson").trimEnd().split("\n");
  expect(raw).toEqual([...STRANGE, last]);
  expect(only(session.transcript(1), "unknown").map(({ name }) => name)).toEqual(
    expect.arrayContaining(["not JSON", "untyped", "moon_phase", "huge"]),
  );
});
