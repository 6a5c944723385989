import { lackingSettings, type PreparedApp, setUpCommand } from "../app/index.ts";
import { hintsFromOpenApi, hintsFromSource, Prober } from "../contract/index.ts";
import type { Scenario } from "../exploits/index.ts";
import { Addresses, AppGone, Conversation, parseJson } from "../http/index.ts";
import { Contract } from "../model/contract.ts";
import type { Nonces } from "../util/random.ts";
import type { Target } from "./bench.ts";

export interface FoundContract {
  contract: Contract;
  firstUser?: { email: string; password: string };
  /** Why nothing of this app can be judged. */
  unstable?: string;
}

/** What is missing may have to be found out bit by bit; each round resolves the contract once more. */
const MAX_ROUNDS = 5;

/**
 * Finds out how the app spells its operations, before the tests. Where some are not found, or the app seems to lack
 * something, it is given what it says is missing, or else credentials that its files name, or it is set up by the script
 * that its README names, and is asked again; what did not help is taken back.
 */
export async function findContract(
  target: Target,
  scenario: Scenario,
  nonces: Nonces,
  signal: AbortSignal | undefined,
): Promise<FoundContract> {
  const { app } = target;
  let best = await resolveOnce(target, scenario, nonces, signal);
  if (!app) return best;
  let kept = { settings: app.settings, start: app.start };
  for (let round = 1, last = best; round < MAX_ROUNDS && openEnds(last) > 0 && last.up; round++) {
    if (last.unstable !== undefined || !helped(app, last.log)) break;
    last = await resolveOnce(target, scenario, nonces, signal);
    if (last.up && openEnds(last) < openEnds(best)) [best, kept] = [last, { settings: app.settings, start: app.start }];
  }
  app.give(kept.settings);
  app.startWith(kept.start);
  return best;
}

/** Gives an app the next thing that it may lack. False when nothing is left to try. */
function helped(app: PreparedApp, log: string): boolean {
  const lacking = lackingSettings(app, log);
  if (lacking.length > 0) {
    app.give([...app.settings, ...lacking]);
    return true;
  }
  const setUp = setUpCommand(app);
  if (setUp === undefined || app.start.startsWith(setUp)) return false;
  app.startWith(`${setUp} && ${app.start}`);
  return true;
}

const openEnds = ({ contract, lacks }: Resolved): number =>
  Object.keys(contract.missing).length + (lacks === undefined ? 0 : 1);

interface Resolved extends FoundContract {
  /** Whether a copy came up at all. */
  up: boolean;
  /** What the copy that was asked wrote. */
  log: string;
  lacks?: string | undefined;
}

/**
 * Resolves the contract on an instance of its own. An app that ends by itself meanwhile has not
 * lost a feature: what was not found then says so, and an app that ends after so many requests of any kind is unstable.
 */
async function resolveOnce(
  target: Target,
  scenario: Scenario,
  nonces: Nonces,
  signal: AbortSignal | undefined,
): Promise<Resolved> {
  const instance = target.app?.newInstance();
  try {
    const started = await instance?.start();
    if (started && started.kind !== "serving")
      return {
        contract: noContract(scenario, `a fresh copy of the app did not come up (${started.kind})`),
        log: started.output,
        up: false,
      };
    const connect = instance ? (from: string) => instance.connect(from) : target.connect;
    if (!connect) return { contract: noContract(scenario, "there is no app to ask"), log: "", up: false };
    const conversation = new Conversation(connect, new Addresses(), signal);
    const hints = hintsFromSource(target.app?.sources ?? new Map());
    const prober = new Prober(scenario.id, conversation, hints, nonces);
    prober.fresh = target.app !== null;
    if (instance)
      prober.place = {
        databases: () => instance.databases(),
        fileList: () => instance.fileList(),
        log: () => instance.log().text,
        settings: instance.settings,
      };
    try {
      prober.useHints(hintsFromOpenApi(await openApiDocument(conversation), hints));
      await scenario.resolveContract(prober, instance?.settings ?? {});
    } catch (error) {
      if (!(error instanceof AppGone)) throw error;
      prober.contract.how.push(error.message);
      if (Object.keys(prober.contract.operations).length === 0) prober.contract.missing["register"] ??= error.message;
    }
    const { firstUser } = prober;
    const out: Resolved = {
      contract: Contract.parse(prober.contract),
      ...(firstUser ? { firstUser } : {}),
      up: true,
      log: instance?.log().text ?? "",
      lacks: prober.lacks,
    };
    const asked = conversation.exchanges.findIndex(({ noAnswer }) => noAnswer !== undefined);
    if (!target.app || !instance || asked < 0 || (await instance.serves())) return out;
    const last = conversation.exchanges[asked]?.label ?? "";
    for (const name of Object.keys(out.contract.missing))
      out.contract.missing[name] = `the app ended by itself while its operations were looked for, at "${last}"`;
    if (await endsByAge(target.app, asked + 1, signal))
      out.unstable = `the app ends by itself after ${asked + 1} requests, whatever they are`;
    return out;
  } finally {
    await instance?.dispose();
  }
}

/** Whether a fresh copy does not outlive so many requests that ask for nothing. */
async function endsByAge(app: PreparedApp, requests: number, signal: AbortSignal | undefined): Promise<boolean> {
  const instance = app.newInstance();
  try {
    if ((await instance.start()).kind !== "serving") return true;
    const conversation = new Conversation((from) => instance.connect(from), new Addresses(), signal);
    for (let i = 0; i < requests; i++) {
      const { answer } = await conversation.ask({ method: "GET", path: "/", label: "nothing", throttleIsAnswer: true });
      if (!answer) return !(await instance.serves());
    }
    return false;
  } finally {
    await instance.dispose();
  }
}

const noContract = (scenario: Scenario, why: string): Contract =>
  Contract.parse({
    formatVersion: 1,
    scenario: scenario.id,
    auth: { scheme: "Bearer" },
    operations: {},
    missing: { register: why },
  });

/** The OpenAPI document that a running app serves; undefined when it serves none. */
export async function openApiDocument(conversation: Conversation): Promise<unknown> {
  for (const path of ["/openapi.json", "/api/openapi.json", "/api-docs.json", "/v3/api-docs", "/swagger.json"]) {
    const { answer } = await conversation.ask({ method: "GET", path, label: "an OpenAPI document?" });
    const json = answer?.status === 200 ? parseJson(answer.bytes.toString("utf8")) : undefined;
    if (json !== null && typeof json === "object" && "paths" in json) return json;
  }
  return undefined;
}
