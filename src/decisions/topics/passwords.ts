import type { Decision } from "../../model/decision.ts";
import { absent, earlier, type Sighting, unsure } from "../rule.ts";
import type { Call } from "../source/call.ts";
import { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";

/** A parameter of a hash: the expression that gives it, or a figure found inside a text. */
export type CostFigure = Node | { value: number; at: Node } | undefined;

/** A way of hashing that a language's libraries offer. */
export interface HashingWay {
  /** Full names of the calls that make a hash (or set the way up, when `setUp`). */
  names: RegExp;
  origin: Decision["origin"];
  /** The algorithm of this call; undefined when it is not about passwords after all. */
  algorithm(call: Call, project: Project): string | undefined;
  /** Where the cost would be given, and the parameters that were: by letter, with the expression. */
  cost?(call: Call, project: Project): { at: Node; given: Record<string, CostFigure> } | "none";
  /** The call chooses the algorithm for hashes made elsewhere. */
  setUp?: boolean;
  /** Where the algorithm is named, when not in the call itself. */
  place?(call: Call, project: Project): Node | undefined;
}

interface Hashing {
  call: Call;
  way: HashingWay;
  algorithm: string;
}

const PASSWORD = /passw(or)?d|\bpwd\b|passphrase|\bplain/i;
const VERIFYING = /verif|check|compare|match|valid|authenticat|login/i;
const HASHING_WORD = /hash|crypt|kdf|derive|digest|encode/i;

/** Whether an expression is about a password, by its words. */
export function mentionsPassword(node: Node): boolean {
  return PASSWORD.test(node.text);
}

function enclosingName(node: Node): string {
  const kinds = node.file.language.functionKinds;
  for (let fn = node.within(...kinds); fn; fn = fn.within(...kinds)) {
    const name =
      fn.field("name")?.text ?? (fn.parent?.kind === "variable_declarator" ? fn.parent.field("name")?.text : undefined);
    if (name) return name;
  }
  return "";
}

/** The call that best shows how the app hashes passwords. */
function hashingOf(project: Project, ways: readonly HashingWay[]): Hashing | undefined {
  const found: Hashing[] = [];
  for (const call of project.calls) {
    for (const way of ways) {
      if (!call.is(way.names)) continue;
      const algorithm = way.algorithm(call, project);
      if (algorithm) found.push({ call, way, algorithm });
    }
  }
  const rank = ({ call, way }: Hashing) =>
    (project.isLive(call.node) ? 8 : 0) +
    (VERIFYING.test(enclosingName(call.node)) && !way.setUp ? 0 : 4) +
    (call.args.some((arg) => mentionsPassword(arg.value)) ? 2 : 0) +
    (way.setUp ? 1 : 0);
  return found.sort((a, b) => rank(b) - rank(a) || earlier(a.call.node, b.call.node))[0];
}

/** A hash made by something that cannot be told. */
function unknownHashing(project: Project): Node | undefined {
  return project.calls.find(
    (call) =>
      call.args.some((arg) => /^(\w+\.)*\w*password\w*$/i.test(arg.value.text)) &&
      HASHING_WORD.test(call.callee.text) &&
      !/verif|compare|check/i.test(call.method) &&
      call.own === undefined,
  )?.node;
}

/** Topic `password-hashing`: the algorithm. `plain` finds a comparison of the password itself. */
export function passwordHashing(
  project: Project,
  ways: readonly HashingWay[],
  plain: (project: Project) => Node | undefined,
): Sighting[] {
  const hashing = hashingOf(project, ways);
  if (hashing) {
    const { call, way, algorithm } = hashing;
    const at = way.place?.(call, project) ?? call.node;
    return [{ choice: algorithm, origin: way.origin, at, confidence: project.isLive(call.node) ? "sure" : "likely" }];
  }
  const unknown = unknownHashing(project);
  if (unknown) return [unsure(unknown)];
  const compared = plain(project);
  return compared ? [{ choice: "plain", origin: "hand-written", at: compared }] : [];
}

/** Topic `password-hash-cost`: the parameters, `default` when the library's own are left as they are. */
export function passwordHashCost(
  project: Project,
  ways: readonly HashingWay[],
  plain: (project: Project) => Node | undefined,
): Sighting[] {
  const hashing = hashingOf(project, ways);
  if (!hashing) return plain(project) && !unknownHashing(project) ? [absent()] : [];
  const { call, way } = hashing;
  const cost = way.cost?.(call, project) ?? "none";
  if (cost === "none") return [absent()];
  const given = Object.entries(cost.given).flatMap(([letter, figure]) =>
    figure ? [{ letter, ...figureOf(figure, project) }] : [],
  );
  const first = given[0];
  if (!first) return [{ choice: "default", origin: way.origin, at: cost.at }];
  if (given.some(({ value }) => value === undefined)) return [unsure(cost.at)];
  return [
    { choice: given.map(({ letter, value }) => `${letter}=${value}`).join(", "), origin: way.origin, at: first.at },
  ];
}

function figureOf(figure: NonNullable<CostFigure>, project: Project): { value: number | undefined; at: Node } {
  if (!(figure instanceof Node)) return figure;
  return { value: project.values.number(figure), at: project.values.value(figure).at };
}

/** `SHA-256`, `sha256` and `hashes.SHA256()` are all `sha256`. */
export function digestName(text: string | undefined): string {
  const name = /(sha3?_?-?\d+|md5|blake2[bs])/i.exec(text ?? "")?.[1];
  return name ? name.toLowerCase().replace(/[-_]/g, "") : "unknown";
}
