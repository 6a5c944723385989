import { Addresses, askFor, Conversation, textBody } from "../http/index.ts";
import type { Contract } from "../model/contract.ts";
import { type Evidence, OBSERVATION } from "../model/evidence.ts";
import { reasonOf } from "../util/errors.ts";
import type { Nonces } from "../util/random.ts";
import type { Target } from "./bench.ts";

const FOREIGN = "https://foreign.example";
const DOCS = ["/openapi.json", "/docs", "/redoc", "/api-docs", "/swagger.json", "/swagger"];

/**
 * Asks a fresh copy of the app what no exploit asks: its docs pages, what it tells a foreign origin before a request, and
 * what a refusal of malformed input says. Nothing here is an attack and nothing is judged; the exchanges are kept like
 * any evidence, and the decision ledger reads them.
 */
export async function observe(
  target: Target,
  contract: Contract,
  nonces: Nonces,
  signal: AbortSignal | undefined,
): Promise<Evidence> {
  const instance = target.app?.newInstance();
  let summary = "What the running app shows of its choices.";
  let conversation: Conversation | undefined;
  try {
    const started = await instance?.start();
    const connect = instance ? (from: string) => instance.connect(from) : target.connect;
    if (!connect || (started && started.kind !== "serving")) throw new Error("a fresh copy of the app did not come up");
    conversation = new Conversation(connect, new Addresses(), signal);
    await ask(conversation, contract, nonces);
  } catch (error) {
    if (signal?.aborted) throw error;
    summary = `Not seen whole: ${reasonOf(error)}.`;
  } finally {
    await instance?.dispose();
  }
  return {
    formatVersion: 1,
    ...{ id: OBSERVATION, slug: OBSERVATION, verdict: "none", summary },
    exchanges: conversation?.exchanges ?? [],
    ...{ checks: [], values: conversation?.values ?? [], outside: [] },
  };
}

async function ask(conversation: Conversation, contract: Contract, nonces: Nonces): Promise<void> {
  for (const path of DOCS) await conversation.ask({ method: "GET", path, label: `docs: ${path}` });
  await conversation.ask({ method: "GET", path: "/health", label: "page: health" });
  await conversation.ask({ method: "GET", path: `/${nonces.next("none")}`, label: "page: an unknown route" });
  const paths = new Set(["login", "listJobs"].flatMap((name) => contract.operations[name]?.path ?? []));
  for (const path of paths)
    await conversation.ask({
      method: "OPTIONS",
      path,
      headers: [
        ["Origin", FOREIGN],
        ["Access-Control-Request-Method", "DELETE"],
        ["Access-Control-Request-Headers", "authorization"],
      ],
      label: `preflight: ${FOREIGN} asks for ${path}`,
    });
  const entry = contract.operations["register"] ?? contract.operations["login"];
  if (!entry) return;
  const word = nonces.next("echo");
  for (const [label, body] of [
    ["of the wrong type", { email: 1, password: [word], name: { word } }],
    ["of nothing", {}],
    ["that is no JSON", `{"email": "${word}`],
  ] as const) {
    const bytes = typeof body === "string" ? body : JSON.stringify(body);
    const made = { body: { bytes: textBody(bytes), contentType: "application/json" } };
    await conversation.ask(askFor(contract, entry, { ...made, label: `malformed: a body ${label}` }));
  }
}
