import type { Decision } from "../../model/decision.ts";
import type { Sighting } from "../rule.ts";
import { earlier } from "../rule.ts";
import { textsInLoop } from "../source/loops.ts";
import type { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";
import { isSchemaField, isSettingsClass } from "../source/settings.ts";
import type { Value } from "../source/value.ts";
import { isOnlyTested, RANDOM, stateOf } from "./secret-states.ts";

const SECRET =
  /SECRET|PASSWORD|PASSWD|PASSPHRASE|PRIVATE_?KEY|PEPPER|CREDENTIAL|(^|_)TOKEN$|(^|_)KEY$|_API_?KEY|^API_?KEY/i;
const NOT_SECRET =
  /TTL|EXPIR|LIFE|MINUTES|SECONDS|HOURS|DAYS|LENGTH|BYTES|ALGO|PUBLIC|HEADER|ROUNDS|URL|URI|NAME|_FILE$|PATH|MIN_|MAX_|POLICY|_HASH$|TYPE|PRIMARY|SORT|FOREIGN|CACHE|PATTERN|REGEX|COST|FIELD|COLUMN|ISSUER|AUDIENCE|EXAMPLE|SCHEME|PREFIX|LIMIT|ERROR|MESSAGE|INVALID|MISSING|CLIENT_ID/i;
export function isSecretName(name: string): boolean {
  return SECRET.test(name) && !NOT_SECRET.test(name);
}

/** Topic `secrets`: one decision for each secret, at the place that says most of it. */
export function secrets(project: Project): Sighting[] {
  const read = [...readings(project), ...schemaFields(project), ...hardCoded(project), ...files(project)];
  const sorted = read.sort((a, b) => (a.at && b.at ? earlier(a.at, b.at) : 0));
  return [...Map.groupBy(sorted, (sighting) => sighting.of ?? "").values()].flatMap((ones) => telling(ones) ?? []);
}

interface Read extends Sighting {
  /** The place only asks whether the secret is there. */
  isTest?: boolean;
}

/** The first place that uses a secret, before any that only tests for it; but what refuses to start outranks what would let it be missing. */
function telling(ones: readonly Read[]): Sighting | undefined {
  const first = ones.find((one) => !one.isTest) ?? ones[0];
  const isLenient = /optional$|when used$/.test(first?.choice ?? "");
  const chosen = (isLenient ? ones.find((one) => /required$/.test(one.choice)) : undefined) ?? first;
  if (!chosen) return undefined;
  const { isTest: _, ...sighting } = chosen;
  return sighting;
}

function finding(state: string, origin: Decision["origin"], at: Node, name: string): Sighting {
  return {
    choice: state === "hard-coded" || state === "file" ? state : `environment, ${state}`,
    origin,
    at,
    detail: name,
    of: name,
  };
}

/** Every place where a secret is read from the environment. */
function readings(project: Project): Read[] {
  const kinds = ["member_expression", "subscript_expression", "subscript", "attribute", ...project.language.callKinds];
  const out = project.all(...kinds).flatMap((node): Read[] =>
    settingsAt(project, node).flatMap((value): Read[] => {
      if (!isSecretName(value.name) || !project.isLive(node)) return [];
      const reading = { node, value, whole: wholeOf(project, node) };
      const found = finding(stateOf(project, reading), originOf(project, node), node, value.name);
      return [{ ...found, isTest: isOnlyTested(project, reading) }];
    }),
  );
  return [...out, ...destructured(project)];
}

/** The settings that a node itself reads: one, or one for each name that a loop over a table gives it. */
function settingsAt(project: Project, node: Node): (Value & { kind: "setting" })[] {
  const value = settingAt(project, node);
  if (value) return [value];
  const key = project.values.settingKey(node);
  return key ? textsInLoop(project, key).map((name) => ({ kind: "setting", name, at: node })) : [];
}

/** The setting that a node itself reads; not one that it merely stands for. */
function settingAt(project: Project, node: Node): (Value & { kind: "setting" }) | undefined {
  const value = project.values.reading(node);
  if (value?.at !== node || value.name === "") return undefined;
  const expr = project.language.expr(node);
  if (keyIsParameter(project, node)) return undefined;
  const { parent } = node;
  const isCallee =
    parent !== null &&
    project.language.callKinds.includes(parent.kind) &&
    (parent.field("function") ?? parent.field("constructor")) === node;
  return isCallee || (expr.type === "call" && isSchemaField(project.resolver, node)) ? undefined : value;
}

/** Inside a helper that is given the name: its calls are the readings. */
function keyIsParameter(project: Project, node: Node): boolean {
  const expr = project.language.expr(node);
  const key = expr.type === "index" ? expr.index : expr.type === "call" ? expr.args[0]?.value : undefined;
  return key !== undefined && project.resolver.binding(key)?.kind === "parameter";
}

/** `env.X ?? "default"` with its casts, as far as it is one value. */
function wholeOf(project: Project, node: Node): Node {
  let at = node;
  for (let { parent } = at; parent; parent = parent.parent) {
    const expr = project.language.expr(parent);
    const isFallback = expr.type === "either" && expr.operator === "or" && expr.options[0] === at;
    const isChoice = expr.type === "either" && expr.operator === "if" && expr.options.some((option) => option === at);
    if (!isFallback && !isChoice && expr.type !== "inner") break;
    if (/statement$|declaration$/.test(parent.kind)) break;
    at = parent;
  }
  return at;
}

function originOf(project: Project, node: Node): Decision["origin"] {
  const call = project.call(node);
  const name = call?.name ?? "";
  if (/^@nestjs\//.test(name)) return "framework";
  if (/^(decouple|environ|environs|starlette|env-var)\b/.test(name)) return "library";
  const expr = project.language.expr(node);
  const object = expr.type === "member" ? (project.resolver.name(expr.object) ?? "") : "";
  return /^hono/.test(object) || /^(c|ctx|context)\.env\./.test(node.text) ? "framework" : "runtime";
}

/** `const { JWT_SECRET = "x" } = process.env`. */
function destructured(project: Project): Sighting[] {
  return project.all("variable_declarator").flatMap((declarator): Sighting[] => {
    if (!/^(process|Bun)\.env$/.test(declarator.field("value")?.text ?? "")) return [];
    return (declarator.field("name")?.parts ?? []).flatMap((part): Sighting[] => {
      const name = (part.field("left") ?? part.field("key") ?? part).text;
      if (!isSecretName(name)) return [];
      const given = part.field("right");
      const local = (part.field("value") ?? part).text;
      const read = { node: part, value: { kind: "setting", name, at: part } as const, whole: part, name: local };
      const state = given ? (RANDOM.test(given.text) ? "random" : "default") : stateOf(project, read);
      return [finding(state, "runtime", part, name)];
    });
  });
}

/** Fields of a settings class, or of a schema that the environment is parsed with. */
function schemaFields(project: Project): Sighting[] {
  const fields = settingsClasses(project)
    .flatMap((cls) => cls.field("body")?.all("assignment") ?? [])
    .flatMap((assignment): Sighting[] => {
      const name = assignment.field("left")?.text ?? "";
      if (!isSecretName(name)) return [];
      const right = assignment.field("right");
      const given = right && project.values.fieldDefault(right);
      const state =
        right && RANDOM.test(right.text)
          ? "random"
          : !right || given === undefined
            ? "required"
            : given.kind === "text" && given.text !== ""
              ? "default"
              : "optional";
      return [finding(state, "library", assignment, name.toUpperCase())];
    });
  const pairs = project.all("pair").flatMap((pair): Sighting[] => {
    const name = pair.field("key")?.text ?? "";
    const value = pair.field("value");
    if (!value || !/^[A-Z][A-Z0-9_]+$/.test(name) || !isSecretName(name) || !isSchemaField(project.resolver, value))
      return [];
    const state = /\.default\(/.test(value.text)
      ? RANDOM.test(value.text)
        ? "random"
        : "default"
      : /\.optional\(|\.nullish\(/.test(value.text) ||
          (/\b[Jj]oi\./.test(value.text) && !/\.required\(/.test(value.text))
        ? "optional"
        : "required";
    return [finding(state, "library", pair, name)];
  });
  return [...fields, ...pairs];
}

/** A secret written into the source. */
function hardCoded(project: Project): Sighting[] {
  return project.all("assignment", "variable_declarator", "pair", "keyword_argument").flatMap((node): Sighting[] => {
    const left = node.field("left") ?? node.field("name") ?? node.field("key");
    const value = node.field("right") ?? node.field("value");
    if (!left || !value) return [];
    const target = project.language.expr(left);
    const name =
      target.type === "index"
        ? (project.values.text(target.index) ?? "")
        : left.text.replace(/^.*\./, "").replace(/["'`]/g, "");
    const words = name.replace(/([a-z])([A-Z])/g, "$1_$2");
    const literal = project.language.expr(value);
    const isPlain =
      /^["'`]/.test(value.text) &&
      literal.type === "string" &&
      literal.text.length >= 3 &&
      !/^[A-Z][A-Z_]+$/.test(literal.text);
    const about = /secret|(jwt|api|signing|private|session|cookie|encryption)_?key/i.test(words) && isSecretName(words);
    if (!isPlain || !about || isText(literal) || !project.isLive(node) || isSettingsField(project, node)) return [];
    return [finding("hard-coded", "hand-written", node, name)];
  });
}

function isSettingsField(project: Project, node: Node): boolean {
  const cls = node.within("class_definition");
  return cls !== undefined && settingsClasses(project).includes(cls);
}

function settingsClasses(project: Project): Node[] {
  return project.all("class_definition").filter((cls) => isSettingsClass(project.resolver, cls));
}

/** Words for people, templates of SQL and the like are no secrets. */
function isText(literal: { type: string } & { text?: string }): boolean {
  return /\s\w+\s|[<>{}]|^https?:|^\/|^\*+$/.test(literal.text ?? "");
}

/** A secret read from a file. */
function files(project: Project): Sighting[] {
  return project.calls.flatMap((call): Sighting[] => {
    if (!/^(read_text|read|readFileSync|readFile|read_bytes)$/.test(call.method) || call.own) return [];
    const holder = call.node.within("assignment", "variable_declarator", "pair");
    const name = (holder?.field("left") ?? holder?.field("name") ?? holder?.field("key"))?.text ?? "";
    const words = name.replace(/([a-z])([A-Z])/g, "$1_$2");
    return isSecretName(words) || /\/run\/secrets\//.test(call.node.text)
      ? [finding("file", "runtime", call.node, name)]
      : [];
  });
}
