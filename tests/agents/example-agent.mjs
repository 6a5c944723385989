// A small agent of the Agent Client Protocol, built with the official SDK. It does what the lines of the prompt say:
// `write FILE TEXT`, `run COMMAND`, `recall` (says which prompts it had before), `strange` (sends an update that no
// version knows), `refuse`, `fail TEXT`, `hang`. It asks for leave before it writes or runs.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { agent, methods, ndJsonStream, PROTOCOL_VERSION, RequestError } from "@agentclientprotocol/sdk";

if (process.argv.includes("--version")) {
  process.stdout.write("example-agent 1.2.3\n");
  process.exit(0);
}

const store = join(process.env["HOME"] ?? ".", ".example-agent");
const fileOf = (id) => join(store, `${id}.json`);
const sessions = new Map();
const keep = (id) => {
  mkdirSync(store, { recursive: true });
  writeFileSync(fileOf(id), JSON.stringify(sessions.get(id)));
};
let calls = 0;

const MODES = {
  currentModeId: "ask",
  availableModes: [
    { id: "ask", name: "Ask" },
    { id: "plan", name: "Plan" },
  ],
};

async function withLeave({ client, params }, kind, title, act) {
  const { sessionId } = params;
  const toolCallId = `call-${++calls}`;
  const update = (fields) => client.notify(methods.client.session.update, { sessionId, update: fields });
  await update({ sessionUpdate: "tool_call", toolCallId, title, kind, status: "pending" });
  const { outcome } = await client.request(methods.client.session.requestPermission, {
    sessionId,
    toolCall: { toolCallId, title, kind },
    options: [
      { optionId: "yes", name: "Yes", kind: "allow_once" },
      { optionId: "no", name: "No", kind: "reject_once" },
    ],
  });
  const allowed = outcome.outcome === "selected" && outcome.optionId === "yes";
  if (allowed) act();
  await update({ sessionUpdate: "tool_call_update", toolCallId, status: allowed ? "completed" : "failed" });
}

async function follow(line, context) {
  const { client, params } = context;
  const { sessionId } = params;
  const session = sessions.get(sessionId);
  const [word, ...rest] = line.trim().split(" ");
  const text = rest.join(" ");
  const say = (chunk) =>
    client.notify(methods.client.session.update, {
      sessionId,
      update: { sessionUpdate: "agent_message_chunk", content: { type: "text", text: chunk } },
    });
  if (word === "write") {
    const [name, ...content] = rest;
    return withLeave(context, "edit", `Write ${name}`, () =>
      writeFileSync(join(session.cwd, name), `${content.join(" ")}\n`),
    );
  }
  if (word === "run")
    return withLeave(context, "execute", text, () => spawnSync("sh", ["-c", text], { cwd: session.cwd }));
  if (word === "recall") return say(`Before: ${session.prompts.slice(0, -1).join(" | ") || "nothing"}`);
  if (word === "strange")
    return client.notify(methods.client.session.update, { sessionId, update: { sessionUpdate: "moon_phase", phase: 3 } });
  if (word === "fail") throw new RequestError(-32603, text);
  if (word === "hang") return new Promise(() => setInterval(() => {}, 1000));
  await say("Working");
  return say(` on: ${line}`);
}

agent({ name: "example-agent" })
  .onRequest(methods.agent.initialize, () => ({
    protocolVersion: PROTOCOL_VERSION,
    agentInfo: { name: "example-agent", version: "1.2.3" },
    agentCapabilities: { loadSession: !process.argv.includes("--forgetful") },
  }))
  .onRequest(methods.agent.session.new, ({ params }) => {
    if (process.env["EXAMPLE_SIGNED_OUT"]) throw new RequestError(-32000, "Authentication required");
    const sessionId = `s${process.pid}-${Date.now()}`;
    sessions.set(sessionId, { cwd: params.cwd, prompts: [] });
    return { sessionId, modes: MODES };
  })
  .onRequest(methods.agent.session.load, ({ params }) => {
    if (!existsSync(fileOf(params.sessionId))) throw new RequestError(-32002, "No such session");
    sessions.set(params.sessionId, JSON.parse(readFileSync(fileOf(params.sessionId), "utf8")));
    return { modes: MODES };
  })
  .onRequest(methods.agent.session.setMode, ({ params }) => {
    sessions.get(params.sessionId).mode = params.modeId;
    return {};
  })
  .onRequest(methods.agent.session.prompt, async (context) => {
    const { params } = context;
    const session = sessions.get(params.sessionId);
    const prompt = params.prompt.map(({ text }) => text ?? "").join("");
    session.prompts.push(prompt);
    keep(params.sessionId);
    if (prompt.includes("refuse")) return { stopReason: "refusal" };
    for (const line of prompt.split("\n")) await follow(line, context);
    return { stopReason: "end_turn", usage: { totalTokens: 150, inputTokens: 100, outputTokens: 50, thoughtTokens: 9 } };
  })
  .connect(ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin)));
