import { type Answer, askFor, type Call, type Conversation, jsonOrToken, matchesStatus } from "../http/index.ts";
import { Contract, Operation } from "../model/contract.ts";
import type { Nonces } from "../util/random.ts";
import { type Complaint, complaintsOf, valuesFor } from "./answers.ts";
import { candidatePaths, type Hints } from "./hints.ts";

/** What finding out an operation gave: the operation as it worked, and the answer that proved it. */
export interface Found {
  operation: Operation;
  answer: Answer;
  json: unknown;
}

export interface Attempt {
  method: string;
  endings: readonly string[];
  encodings: readonly Partial<Operation>[];
  call: Call;
  /** True when the answer shows that this is the operation and that it worked. */
  accept: (answer: Answer, json: unknown) => boolean;
  /**
   * Values for fields that the app demands and we do not send, by a pattern on the field's name. A field that none of
   * them fits gets what its refusal asks for. Left out, nothing is added to what is sent.
   */
  supply?: readonly (readonly [RegExp, unknown])[];
}

/** Refusals that are answered with what they ask for, one after another. */
const ROUNDS = 8;
/** Words of a sentence may be no fields at all: fewer tries. */
const ROUNDS_ON_WORDS = 4;

const exists = (answer: Answer) => !matchesStatus(answer.status, ["404", "405", "501"]);

/** The copy that is asked, where there is more to it than its address. */
export interface Place {
  databases(): string[];
  fileList(): string[];
  log(): string;
  /** What this copy was given. */
  settings: Readonly<Record<string, string>>;
}

/** Tries ways of calling operations on the app, in a fixed order, and remembers what worked. */
export class Prober {
  readonly conversation: Conversation;
  readonly contract: Contract;
  hints: Hints;
  /** Whether nobody has used this copy of the app before, so that the first user is ours. */
  fresh = true;
  /** Undefined for an app that is only known by its address. */
  place: Place | undefined;
  /** The first user that resolving registered, who is admin on a fresh app. */
  firstUser: { email: string; password: string } | undefined;
  readonly nonces: Nonces;
  /** What seems to be missing although the app serves, such as the passwords of its first users. */
  lacks: string | undefined;
  /** The last refusal by a path that exists, in words, when `find` found nothing. */
  refusal: string | undefined;
  /** Prefixes to try, the one that worked last first. */
  prefixes: string[];

  constructor(scenario: string, conversation: Conversation, hints: Hints, nonces: Nonces) {
    this.conversation = conversation;
    this.hints = hints;
    this.nonces = nonces;
    this.contract = Contract.parse({ formatVersion: 1, scenario, auth: { scheme: "Bearer" }, operations: {} });
    this.prefixes = [
      ...new Set(["", "/api", "/api/v1", "/v1", ...hints.prefixes.filter((p) => /^(\/[\w-]+){1,2}$/.test(p))]),
    ].slice(0, 24);
  }

  /** Better hints, from what the app itself declares. */
  useHints(hints: Hints): void {
    this.hints = hints;
  }

  async call(operation: Operation, call: Call): Promise<Answer | undefined> {
    const { answer } = await this.conversation.ask(askFor(this.contract, operation, call));
    return answer;
  }

  /**
   * The first candidate path and encoding whose answer is accepted. A path that exists but refuses the body is asked
   * again with the fields that its refusal names (up to eight rounds). A redirect's target is tried as a path of its own.
   */
  async find(attempt: Attempt): Promise<Found | undefined> {
    this.refusal = undefined;
    const paths = candidatePaths(this.hints, attempt.method, this.prefixes, attempt.endings).slice(0, 60);
    for (let i = 0; i < paths.length; i++) {
      const path = paths[i] ?? "";
      for (const encoding of attempt.encodings) {
        const operation = Operation.parse({
          method: attempt.method,
          path: asTemplate(path, attempt.call),
          ...encoding,
        });
        const { found, answer } = await this.#tryOne(operation, attempt);
        if (found) {
          this.#prefer(path, attempt.endings);
          return found;
        }
        if (!answer) continue;
        if (exists(answer)) this.refusal = refusalOf(operation, answer);
        const moved = movedTo(answer, operation.path);
        if (moved !== undefined && !paths.includes(moved)) paths.splice(i + 1, 0, moved);
        if (!exists(answer) || moved !== undefined) break;
      }
    }
    return undefined;
  }

  async #tryOne(operation: Operation, attempt: Attempt): Promise<{ found?: Found; answer?: Answer }> {
    let tried = operation;
    let last: Answer | undefined;
    const guesses = new Map<string, unknown[]>();
    for (let round = 0; round < ROUNDS; round++) {
      const answer = await this.call(tried, attempt.call);
      if (!answer) return last ? { answer: last } : {};
      last = answer;
      const json = jsonOrToken(answer.bytes.toString("utf8"));
      if (attempt.accept(answer, json)) return { found: { operation: tried, answer, json }, answer };
      if (!matchesStatus(answer.status, ["400", "422"]) || !attempt.supply) break;
      const complaints = complaintsOf(answer).filter(({ sure }) => sure || round < ROUNDS_ON_WORDS);
      const next = withDemanded(tried, complaints, attempt.supply, attempt.call, guesses);
      if (!next) break;
      tried = next;
    }
    return last ? { answer: last } : {};
  }

  #prefer(path: string, endings: readonly string[]): void {
    const ending = endings.find((end) => path.replace(/\/$/, "").endsWith(end));
    if (ending === undefined) return;
    const prefix = path.replace(/\/$/, "").slice(0, -ending.length);
    this.prefixes = [prefix, ...this.prefixes.filter((known) => known !== prefix)];
  }

  /** Prefixes of a path's parents: `/api/auth/register` gives `/api/auth`, `/api`, and the empty one. */
  preferParentsOf(path: string): void {
    const parts = path.split("/").filter(Boolean);
    const parents = parts.map((_, i) =>
      i === parts.length - 1 ? "" : `/${parts.slice(0, parts.length - 1 - i).join("/")}`,
    );
    this.prefixes = [...new Set([...parents.filter((p) => !/\/auth$|\/users$/.test(p)), ...this.prefixes])];
  }

  learnt(words: string): void {
    this.contract.how.push(words);
  }

  deviates(words: string): void {
    if (!this.contract.deviations.includes(words)) this.contract.deviations.push(words);
  }
}

/** Puts `{job}` or `{user}` in place of `{}`. */
function asTemplate(path: string, call: Call): string {
  return path.replaceAll("{}", call.user !== undefined ? "{user}" : "{job}");
}

function movedTo(answer: Answer, from: string): string | undefined {
  if (!matchesStatus(answer.status, ["301", "302", "307", "308"])) return undefined;
  const location = answer.headers.find(([name]) => name.toLowerCase() === "location")?.[1];
  if (location === undefined) return undefined;
  const path = location.replace(/^https?:\/\/[^/]+/, "").split("?")[0];
  // Only the slash at the end may differ: a redirect to a login page is not the operation.
  return path && path.replace(/\/$/, "") === from.split("?")[0]?.replace(/\/$/, "")
    ? from.endsWith("/")
      ? from.slice(0, -1)
      : `${from}/`
    : undefined;
}

/**
 * The operation with what its refusal asks for: a rule's value for each field that is named; else, for fields that are
 * surely meant (or, when there are none, for the words of its sentence), the next of the values that may fit.
 */
function withDemanded(
  operation: Operation,
  complaints: readonly Complaint[],
  supply: readonly (readonly [RegExp, unknown])[],
  call: Call,
  guesses: Map<string, unknown[]>,
): Operation | undefined {
  const sent = new Set(Object.keys(call.fields ?? {}).map((name) => operation.fields[name] ?? name));
  const extra = { ...operation.extra };
  let changed = false;
  const unknown: Complaint[] = [];
  for (const complaint of complaints) {
    const key = complaint.name.split(".")[0] ?? complaint.name;
    if (sent.has(key)) continue;
    const rule = supply.find(([shape]) => shape.test(key));
    if (rule && !(key in extra)) {
      extra[key] = rule[1];
      changed = true;
    } else if (supply.length > 0) unknown.push({ ...complaint, name: key });
  }
  if (changed) return { ...operation, extra };
  const meant = unknown.filter(({ sure }) => sure);
  for (const complaint of meant.length > 0 ? meant : unknown) {
    const ladder = guesses.get(complaint.name) ?? valuesFor(complaint);
    const fitting = complaint.name in extra ? [...valuesFor(complaint).slice(0, 1), ...ladder] : ladder;
    const value = fitting.find((one) => JSON.stringify(one) !== JSON.stringify(extra[complaint.name]));
    if (value === undefined) continue;
    guesses.set(
      complaint.name,
      ladder.filter((one) => JSON.stringify(one) !== JSON.stringify(value)),
    );
    extra[complaint.name] = value;
    changed = true;
  }
  return changed ? { ...operation, extra } : undefined;
}

function refusalOf(operation: Operation, answer: Answer): string {
  const said = answer.bytes.toString("utf8").replace(/\s+/g, " ").slice(0, 160);
  return `${operation.method} ${operation.path} answered ${answer.status}${said ? ` ${said}` : ""}`;
}
