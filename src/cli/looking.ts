import { z } from "zod";
import { hintsFromOpenApi, hintsFromSource } from "../contract/index.ts";
import type { Seen } from "../delivery/index.ts";
import { openApiDocument } from "../engine/index.ts";
import type { Trial } from "../exploits/index.ts";
import { type Answer, askFor, at, bareToken, type Call, jsonOrToken, matchesStatus, walk } from "../http/index.ts";
import type { Contract } from "../model/contract.ts";

interface Visitor {
  email: string;
  password: string;
  /** The operation that shows that they are in. */
  operation: string;
}

const jsonOf = (answer: Answer | undefined): unknown => answer && jsonOrToken(answer.bytes.toString("utf8"));

async function asked(trial: Trial, name: string, call: Call): Promise<Answer | undefined> {
  const operation = trial.contract.operations[name];
  return operation ? (await trial.ask(askFor(trial.contract, operation, call))).answer : undefined;
}

/** What an operation's answer holds where the contract points; undefined when it holds no text there. */
function pointed(trial: Trial, name: string, key: string, json: unknown): string | undefined {
  const pointer = trial.contract.operations[name]?.pointers[key];
  const value = pointer === undefined ? undefined : at(json, pointer);
  return typeof value === "string" ? bareToken(value) : undefined;
}

const logIn = async (trial: Trial, { email, password }: Visitor): Promise<Answer | undefined> =>
  await asked(trial, "login", { fields: { email, password }, label: "log in" });

/** The access token of a fresh login, to be pasted; undefined when its answer shows none. */
export async function loginToken(trial: Trial, visitor: Visitor): Promise<string | undefined> {
  return pointed(trial, "login", "access", jsonOf(await logIn(trial, visitor)));
}

/** What a running copy shows of itself: its routes, the names in what its operations answer, and which want a token. */
export async function lookAround(
  trial: Trial,
  sources: ReadonlyMap<string, string>,
  visitor: Visitor | undefined,
): Promise<Seen> {
  const routes = [
    ...declaredRoutes(await openApiDocument(trial.conversation), trial.contract),
    ...hintsFromSource(sources).routes,
  ];
  if (!visitor) return { routes, answers: {}, guarded: [] };
  const own = visitor.operation;
  const nobody = await asked(trial, own, { label: `${own}, by nobody` });
  const login = await logIn(trial, visitor);
  const token = pointed(trial, "login", "access", jsonOf(login));
  const refresh = pointed(trial, "login", "refresh", jsonOf(login));
  const inBody = trial.contract.operations["refresh"]?.fields["refresh"] !== undefined;
  const answers = {
    login,
    [own]: token === undefined ? undefined : await asked(trial, own, { token, label: own }),
    refresh:
      inBody && refresh !== undefined
        ? await asked(trial, "refresh", { fields: { refresh }, label: "refresh" })
        : undefined,
  };
  return {
    routes,
    answers: Object.fromEntries(
      Object.entries(answers).flatMap(([name, answer]) =>
        answer && matchesStatus(answer.status, ["2xx"]) ? [[name, namesIn(jsonOf(answer))]] : [],
      ),
    ),
    guarded: nobody && matchesStatus(nobody.status, ["401", "403"]) ? [own] : [],
  };
}

/** The routes of an OpenAPI document, below its server's path where the app answers there. */
function declaredRoutes(document: unknown, { operations }: Pick<Contract, "operations">): Seen["routes"] {
  const { routes } = hintsFromOpenApi(document, hintsFromSource(new Map()));
  const { servers } = z
    .object({ servers: z.array(z.object({ url: z.string() })).default([]) })
    .catch({ servers: [] })
    .parse(document);
  const base = (servers[0]?.url ?? "").replace(/^\w+:\/\/[^/]*/, "").replace(/\/$/, "");
  const answersThere = Object.values(operations).some(({ path }) =>
    routes.some((one) => path === `${base}${one.path}`),
  );
  return answersThere ? routes.map(({ method, path }) => ({ method, path: `${base}${path}` })) : routes;
}

/** The names of all members of a JSON answer; those of a token, which is text, are none. */
const namesIn = (json: unknown): string[] => [
  ...new Set([...walk(json)].map(({ key }) => key).filter((key) => /^[A-Za-z_][\w-]*$/.test(key))),
];
