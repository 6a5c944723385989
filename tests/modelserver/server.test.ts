import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { loadScript, type ModelServer, readScript, startModelServer } from "../../src/modelserver/index.ts";
import { UserError } from "../../src/util/errors.ts";

let server: ModelServer | undefined;
afterEach(() => server?.stop());

const start = async (script: unknown, options = {}) => {
  server = await startModelServer(readScript(script, "."), options);
  return server;
};

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`http://127.0.0.1:${server?.port}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

interface Event {
  type: string;
  [key: string]: unknown;
}

const eventsOf = (text: string): Event[] =>
  text
    .split("\n\n")
    .filter(Boolean)
    .map((block) => {
      const [name, data] = block.split("\n");
      const event = JSON.parse((data ?? "").slice("data: ".length)) as Event;
      expect(name).toBe(`event: ${event.type}`);
      return event;
    });

const tools = [{ name: "Write" }, { name: "Bash" }];
const ask = (...messages: unknown[]) => ({ model: "any", stream: true, messages, tools, max_tokens: 10 });
const user = (content: unknown) => ({ role: "user", content });

describe("Anthropic Messages", () => {
  test("streams text and tool calls whose pieces join to what the script says, and goes on after the results", async () => {
    const content = "x".repeat(1000);
    await start({
      model: "scripted-1",
      turns: [
        {
          answers: [
            { say: "I write.", do: [{ write: "a.txt", content }], usage: { in: 100, out: 7, cached: 40 } },
            { do: [{ run: "ls" }] },
          ],
        },
      ],
    });
    const first = eventsOf(await (await post("/v1/messages", ask(user("hello")))).text());
    const deltas = (kind: string) =>
      first.flatMap(({ type, delta }) =>
        type === "content_block_delta" ? [(delta as Record<string, string>)[kind] ?? ""] : [],
      );
    expect(deltas("text").join("")).toBe("I write.");
    expect(JSON.parse(deltas("partial_json").join(""))).toEqual({ file_path: "a.txt", content });
    expect(deltas("partial_json").filter(Boolean).length).toBeGreaterThan(2);
    expect(first.at(-2)).toMatchObject({ delta: { stop_reason: "tool_use" }, usage: { output_tokens: 7 } });
    expect(first[0]).toMatchObject({
      message: { model: "scripted-1", usage: { input_tokens: 60, cache_read_input_tokens: 40 } },
    });

    const call = first.find(({ type, content_block }) => {
      return type === "content_block_start" && (content_block as Event).type === "tool_use";
    })?.["content_block"] as { id: string };
    const history = [
      user([{ type: "text", text: "hello" }]),
      { role: "assistant", content: [{ type: "tool_use", id: call.id, name: "Write", input: {} }] },
      user([{ type: "tool_result", tool_use_id: call.id, content: "ok" }]),
      user([{ type: "text", text: "<system-reminder>be brief</system-reminder>" }]),
    ];
    const whole = (await (await post("/v1/messages", { ...ask(...history), stream: false })).json()) as {
      content: { id: string }[];
      stop_reason: string;
    };
    expect(whole).toMatchObject({
      content: [{ type: "tool_use", name: "Bash", input: { command: "ls" } }],
      stop_reason: "tool_use",
    });
    const last = [...history, { role: "assistant", content: whole.content }, user([{ type: "tool_result" }])];
    const end = (await (await post("/v1/messages", { ...ask(...last), stream: false })).json()) as object;
    expect(end).toMatchObject({ content: [{ type: "text", text: "Done." }], stop_reason: "end_turn" });
    expect(server?.exchanges.map(({ place }) => place?.answer)).toEqual([0, 1, 2]);
  });

  test("a repeated request gets the same answer; a new prompt the next turn; a prompt too many is refused", async () => {
    await start({ turns: [{ answers: [{ say: "one" }] }, { answers: [{ say: "two" }] }] });
    const said = async (prompt: string) => {
      const answer = await post("/v1/messages", { ...ask(user(prompt)), stream: false });
      return { status: answer.status, text: JSON.stringify(await answer.json()) };
    };
    expect((await said("first")).text).toContain('"one"');
    expect((await said("first")).text).toContain('"one"');
    expect((await said("second")).text).toContain('"two"');
    const third = await said("third");
    expect(third.status).toBe(400);
    expect(third.text).toContain("no turn for the prompt: third");
  });

  test("a turn can wait for a piece of the prompt, and for what else the request holds", async () => {
    await start({
      turns: [
        { when: "login", given: 'say "safe"', answers: [{ say: "guided" }] },
        { when: "login", answers: [{ say: "bare" }] },
      ],
    });
    const said = async (system: string) =>
      JSON.stringify(await (await post("/v1/messages", { ...ask(user("Add a login")), system, stream: false })).json());
    expect(await said('always say "safe"')).toContain("guided");
    expect(await said("")).toContain("bare");
  });

  test("a request without tools is an aside and uses up nothing", async () => {
    await start({ turns: [{ answers: [{ say: "one" }] }] });
    const aside = await post("/v1/messages", { ...ask(user("a title, please")), tools: [], stream: false });
    expect(JSON.stringify(await aside.json())).toContain("Scripted.");
    expect(await (await post("/v1/messages", ask(user("first")))).text()).toContain("one");
    expect(server?.exchanges.map(({ gave }) => gave)).toEqual(["aside", "answer"]);
  });
});

describe("OpenAI Responses", () => {
  const request = (input: unknown, offered: unknown[]) => ({ model: "any", stream: true, input, tools: offered });
  const context = { type: "message", role: "user", content: [{ type: "input_text", text: "<environment_context>x" }] };
  const prompt = { type: "message", role: "user", content: [{ type: "input_text", text: "hello" }] };

  test("files go through the tool that the client has, and usage comes with the last event", async () => {
    await start({
      turns: [
        {
          answers: [
            { do: [{ write: "a.txt", content: "one\ntwo\n" }], usage: { in: 9, out: 4, cached: 3, reasoning: 2 } },
            { say: "bye" },
          ],
        },
      ],
    });
    const custom = eventsOf(
      await (await post("/v1/responses", request([context, prompt], [{ type: "custom", name: "apply_patch" }]))).text(),
    );
    const done = custom.find(({ type }) => type === "response.output_item.done")?.["item"];
    expect(done).toMatchObject({
      type: "custom_tool_call",
      input: "*** Begin Patch\n*** Add File: a.txt\n+one\n+two\n*** End Patch\n",
    });
    expect(custom.map((event) => event["sequence_number"])).toEqual(custom.map((_, i) => i));
    expect(custom.at(-1)).toMatchObject({
      type: "response.completed",
      response: {
        usage: {
          input_tokens: 9,
          input_tokens_details: { cached_tokens: 3 },
          output_tokens: 4,
          output_tokens_details: { reasoning_tokens: 2 },
        },
      },
    });
    const exec = [{ type: "function", name: "exec_command" }];
    const shell = await (await post("/v1/responses", { ...request([prompt], exec), stream: false })).json();
    const { call_id, arguments: args } = (shell as { output: { call_id: string; arguments: string }[] }).output[0] ?? {
      call_id: "",
      arguments: "",
    };
    expect(JSON.parse(args).cmd).toContain("apply_patch <<");
    const after = [
      prompt,
      { type: "function_call", call_id, name: "exec_command", arguments: args },
      { type: "function_call_output", call_id, output: "ok" },
    ];
    expect(await (await post("/v1/responses", request(after, exec))).text()).toContain('"text":"bye"');
  });

  test("a deed that no tool of the client can do is refused with the names that it offers", async () => {
    await start({ turns: [{ answers: [{ do: [{ run: "ls" }] }] }] });
    const answer = await post("/v1/responses", request([prompt], [{ type: "function", name: "dance" }]));
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("offers no tool that runs commands: dance");
  });
});

describe("trouble", () => {
  test("429, 500 and a cut stream come as often as the script says, then the answer", async () => {
    await start({
      turns: [
        {
          answers: [
            {
              say: "at last",
              trouble: [{ status: 429, times: 2, retryAfterSeconds: 3 }, { status: 500 }, { dropAfterEvents: 2 }],
            },
          ],
        },
      ],
    });
    const statuses = [];
    for (let i = 0; i < 3; i++) {
      const answer = await post("/v1/messages", ask(user("hello")));
      statuses.push([answer.status, answer.headers.get("retry-after")]);
    }
    expect(statuses).toEqual([
      [429, "3"],
      [429, "3"],
      [500, null],
    ]);
    await expect((await post("/v1/messages", ask(user("hello")))).text()).rejects.toThrow();
    expect(await (await post("/v1/messages", ask(user("hello")))).text()).toContain("at last");
  });

  test("a server that hangs still stops at once", async () => {
    const { promise: taken, resolve: onExchange } = Promise.withResolvers<unknown>();
    const hanging = { turns: [{ answers: [{ say: "never", trouble: [{ hang: true }] }] }] };
    const { stop } = await start(hanging, { onExchange });
    const asked = post("/v1/messages", ask(user("hello"))).then(
      () => "answered",
      () => "cut",
    );
    await taken;
    await stop();
    expect(await asked).toBe("cut");
  });

  test("another key than the one expected is refused", async () => {
    await start({ turns: [{ answers: [{ say: "in" }] }] }, { key: "right" });
    const status = async (headers: Record<string, string>) =>
      (await post("/v1/messages", ask(user("x")), headers)).status;
    expect(await status({ "x-api-key": "wrong" })).toBe(401);
    expect(await status({ "x-api-key": "right" })).toBe(200);
    expect(await status({ authorization: "Bearer right" })).toBe(200);
  });
});

describe("scripts", () => {
  const folder = mkdtempSync(join(tmpdir(), "unprompted-script-"));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const written = (text: string) => {
    mkdirSync(join(folder, "tree", "sub"), { recursive: true });
    writeFileSync(join(folder, "tree", "a.txt"), "a");
    writeFileSync(join(folder, "tree", "sub", "b.txt"), "b");
    writeFileSync(join(folder, "script.yaml"), text);
    return join(folder, "script.yaml");
  };

  test("a folder is written file by file", () => {
    const { turns } = loadScript(written("turns: [{ answers: [{ do: [{ writeAll: tree }] }] }]"));
    expect(turns[0]?.answers[0]?.deeds).toEqual([
      { kind: "write", path: "a.txt", content: "a" },
      { kind: "write", path: "sub/b.txt", content: "b" },
    ]);
  });

  test.each([
    ["turns: [{ answers: [{ say: a, shout: b }] }]", "shout"],
    ["turns: [", "is not YAML"],
    ["turns: []", "turns"],
    ["turns: [{ answers: [{ say: a }, { say: b }] }]", "answer 1 of turn 1 does nothing"],
    ["turns: [{ answers: [{ do: [{ writeAll: nowhere }] }] }]", "There is no folder"],
    ["turns: [{ answers: [{ do: [{ write: x, file: nowhere }] }] }]", "There is no file"],
  ])("%s is a mistake that is named", (text, named) => {
    const file = written(text);
    expect(() => loadScript(file)).toThrow(UserError);
    expect(() => loadScript(file)).toThrow(named);
  });
});
