import { readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { Decision } from "../model/decision.ts";
import { type BehaviourFacts, confirm } from "./behaviour.ts";
import { type Choice, decisionOf, type Place } from "./first-seen.ts";
import type { DecisionRule, Sighting } from "./rule.ts";
import type { Language } from "./source/language.ts";
import type { Node } from "./source/node.ts";
import { Project } from "./source/project.ts";
import { pythonLanguage } from "./source/python.ts";
import { typescriptLanguage } from "./source/typescript.ts";

const LANGUAGES: readonly Language[] = [pythonLanguage, typescriptLanguage];

/** Folders that are never the app's own running code; those with a leading dot are tools' and agents'. */
const LEFT_OUT =
  /(^|\/)(node_modules|bower_components|vendor(ed|_modules)?|third_party|\.[^/]+|venv|dist|build|coverage|__pycache__|site-packages|tests?|__tests__|__mocks__|spec|specs|e2e|fixtures|examples?|migrations|alembic|seeds?|scripts|public|static|stories|cypress)\/|^docs?\//;
const NOT_THE_APP =
  /(^|\/)(seed(er|s)?\.\w+|gulpfile\.\w+|manage\.py|test_[^/]*\.py|[^/]*_test\.py|conftest\.py|[^/]*\.(test|spec|stories|d)\.[cm]?[jt]sx?|[^/]*\.min\.js|(?!next\.)[\w.-]*\.config\.[cm]?[jt]s)$|^setup\.py$/;
const SERVER =
  /^(fastapi|flask|django|starlette|aiohttp|sanic|quart|litestar|bottle|falcon|tornado|rest_framework|express|fastify|koa|hono|@nestjs\/core|@nestjs\/common|next(\/.*)?|http|https|h3|elysia|polka|restify|@hapi\/hapi)$/;

export interface ReadOptions {
  /** The app's folder. */
  folder: string;
  /** The files to read, relative to the folder; without it everything in the folder that is the app's own code. */
  files?: readonly string[];
  /** What the running app showed; it confirms what the source says or stands beside it. */
  behaviour?: BehaviourFacts;
}

/**
 * Reads the security-relevant choices of an app from its source: one decision per choice, absences included, sorted by
 * topic, file and line. Topics that do not apply (uploads of an app without uploads) are left out. Tests, examples,
 * comments, strings and imports that nothing uses do not count. What cannot be told is `unknown`.
 */
export async function readDecisions(options: ReadOptions): Promise<Decision[]> {
  return (await readChoices(options)).map(decisionOf);
}

/** The same, each decision with every place where its choice is seen. */
export async function readChoices(options: ReadOptions): Promise<Choice[]> {
  const all = (options.files ?? filesOf(options.folder)).map((path) => path.split(sep).join("/"));
  const files = all.filter(isOwnCode);
  const ledgers = await Promise.all(LANGUAGES.map((language) => ledgerOf(language, options.folder, files, all)));
  const servers = ledgers.filter((ledger) => ledger.isServer);
  const counted = (servers.length > 0 ? servers : ledgers).map((ledger) => ledger.decisions);
  const choices = sorted(withoutRefutedAbsences(counted));
  // What was read comes first, in its order; what behaviour alone shows follows and has no place.
  return confirm(choices, options.behaviour).map((decision, i) => ({
    ...decision,
    places: choices[i]?.places ?? [],
    of: choices[i]?.of ?? null,
  }));
}

/** The topics that any rule reads, sorted. */
export async function decisionTopics(): Promise<string[]> {
  const rules = await Promise.all(LANGUAGES.map((language) => rulesOf(language.id)));
  return [...new Set(rules.flat().map((rule) => rule.topic))].sort();
}

function isOwnCode(path: string): boolean {
  return !LEFT_OUT.test(path) && !NOT_THE_APP.test(path);
}

function filesOf(folder: string): string[] {
  const out: string[] = [];
  const visit = (at: string) => {
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      const path = join(at, entry.name);
      if (entry.isDirectory() && !LEFT_OUT.test(`${entry.name}/`)) visit(path);
      else if (entry.isFile()) out.push(relative(folder, path));
    }
  };
  visit(folder);
  return out;
}

interface Ledger {
  isServer: boolean;
  decisions: Choice[];
}

async function ledgerOf(
  language: Language,
  folder: string,
  files: readonly string[],
  all: readonly string[],
): Promise<Ledger> {
  const own = files.filter((path) => language.extensions.some((ending) => path.endsWith(ending))).sort();
  if (own.length === 0) return { isServer: false, decisions: [] };
  const project = new Project(folder, own, language);
  const rules = await rulesOf(language.id);
  const unseen = whyUnseen(project, all);
  const decisions = rules.flatMap((rule) => rule.read(project).map((finding) => choiceOf(rule.topic, finding, unseen)));
  return { isServer: usesServer(project), decisions };
}

function usesServer(project: Project): boolean {
  for (const file of project.files.values()) {
    for (const binding of file.scopes.get(file.root)?.names.values() ?? []) {
      const module = binding.kind === "import" ? project.language.moduleName(binding.module ?? "") : "";
      if (SERVER.test(module) || SERVER.test(module.split(".")[0] ?? "")) return true;
    }
    if (
      /\brequire\(["'](express|fastify|koa|http)["']\)/.test(file.text) ||
      /(^|\/)app\/(.*\/)?route\.[jt]s$/.test(file.path)
    )
      return true;
  }
  return false;
}

/** The rules of a language: the default exports of the files of its folder. */
async function rulesOf(language: string): Promise<DecisionRule[]> {
  const folder = join(import.meta.dirname, "rules", language);
  const names = readdirSync(folder)
    .filter((name) => /\.[jt]s$/.test(name))
    .sort();
  const modules = await Promise.all(
    names.map((name) => import(join(folder, name)) as Promise<{ default: DecisionRule }>),
  );
  return modules.map((module) => module.default);
}

/** Frameworks that bring the app's own functions into every file without an import. */
const AUTO_IMPORTS = /^(?:nitro|nuxt)\.config\.[cm]?[jt]s$/;

/** Why what was not found may stand there all the same; undefined when everything was read and could be followed. */
function whyUnseen(project: Project, all: readonly string[]): string | undefined {
  if (project.unread > 0) return `the app is too large to be read whole; files left out: ${project.unread}`;
  if (project.language.id === "typescript" && all.some((path) => AUTO_IMPORTS.test(path)))
    return "its functions are used without being imported, which is not followed";
  return undefined;
}

/** What was not found is not known to be absent where files were left unread, or names could not be followed. */
function choiceOf(topic: string, finding: Sighting, whyUnseen: string | undefined): Choice {
  const unseen = finding.origin === "absent" ? whyUnseen : undefined;
  return {
    topic,
    choice: unseen ? "unknown" : finding.choice,
    origin: unseen ? "unknown" : finding.origin,
    file: finding.at?.file.path ?? null,
    line: finding.at?.line ?? null,
    by: "source",
    confidence: unseen ? "unknown" : (finding.confidence ?? "sure"),
    ...(unseen ? { detail: unseen } : finding.detail !== undefined && { detail: finding.detail }),
    of: finding.of ?? null,
    places: finding.at ? [finding.at, ...(finding.also ?? [])].map(placeOf) : [],
  };
}

function placeOf({ file, line, text }: Node): Place {
  const piece = text.split("\n")[0] ?? "";
  return { file: file.path, line, text: file.text.split("\n")[line - 1]?.trim() ?? "", piece };
}

/** With two languages, what one has the other does not lack. */
function withoutRefutedAbsences(ledgers: readonly (readonly Choice[])[]): Choice[] {
  const has = (ledger: readonly Decision[], topic: string) =>
    ledger.some((decision) => decision.topic === topic && decision.origin !== "absent");
  const seen = new Set<string>();
  return ledgers.flatMap((ledger) =>
    ledger.filter((decision) => {
      const others = ledgers.filter((other) => other !== ledger);
      if (decision.origin === "absent" && others.some((other) => has(other, decision.topic))) return false;
      const key = JSON.stringify([decision.topic, decision.choice, decision.of, decision.file, decision.line]);
      return !seen.has(key) && Boolean(seen.add(key));
    }),
  );
}

function sorted(decisions: readonly Choice[]): Choice[] {
  const key = ({ topic, file, line, choice, of }: Choice) =>
    [topic, file ?? "~", String(line ?? 0).padStart(7, "0"), choice, of ?? ""].join("\0");
  return [...decisions].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
