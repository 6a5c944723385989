import type { Node } from "./node.ts";
import type { Project } from "./project.ts";

const VERB = "GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS";
const ROUTE_FILE = /(^|\/)route\.[cm]?[jt]sx?$/;
const EXPORTED_VERB = new RegExp(`^export\\s+(?:(?:async\\s+)?function\\s*\\*?|const|let|var)\\s+(?:${VERB})\\b`);
const PAGES_API = /(^|\/)pages\/api\/.+\.[cm]?[jt]sx?$/;
const DECORATOR =
  /^@[\w.]+\.(get|head|post|put|patch|delete|options|route|api_route|websocket|before_request|after_request|middleware|exception_handler|errorhandler)\(/;
const REGISTERS = /^(get|head|post|put|patch|delete|options|all|use|route|addHook|onError|setErrorHandler)$/;
/** Hooks of Fastify that run before any request. */
const AT_START = /onReady|onListen|onRegister|onRoute|onClose/;
const APPS = /^(express|fastify|koa|@koa\/router|koa-router|hono|polka|restify)\b/;
const INJECTS = /^fastapi\.(Depends|Security)$/;
const IN_TYPES = ["type_query", "type_annotation"];
/** Wrappers around wrappers are followed so far. */
const MAX_WRAPPERS = 4;

/**
 * Whether code runs only while a request is answered, and never when the app starts: every way to it, through the
 * app's own functions and getters, begins at a route, a dependency or a middleware. What cannot be followed is no.
 */
export function runsOnRequestOnly(project: Project, node: Node): boolean {
  return new Ways(project).onRequest(node);
}

class Ways {
  readonly #project: Project;
  readonly #known = new Map<Node, boolean>();

  constructor(project: Project) {
    this.#project = project;
  }

  onRequest(node: Node): boolean {
    const fn = this.#around(node);
    if (!fn) return false;
    const known = this.#known.get(fn);
    if (known !== undefined) return known;
    // A way that comes back to itself adds no beginning.
    this.#known.set(fn, true);
    const found = this.#isHandler(fn) || this.#usesOf(fn).every((use) => use === "request" || this.onRequest(use.from));
    this.#known.set(fn, found);
    return found;
  }

  /** The function that runs a node; the defaults of parameters are made where the function is. */
  #around(node: Node): Node | undefined {
    for (let at = node, fn = next(at); fn; at = fn, fn = next(at)) {
      const isDefault = this.#project.language.id === "python" && fn.field("parameters")?.holds(at);
      if (!isDefault) return fn;
    }
    return undefined;
  }

  #isHandler(fn: Node): boolean {
    if (fn.parent?.kind === "decorated_definition") return isRoute(fn.parent);
    if (isExportedRoute(fn)) return true;
    return this.#isRegistered(fn);
  }

  /** Whether a function, written or named here, is handed to a framework that calls it for requests. */
  #isRegistered(at: Node): boolean {
    for (let { parent } = at; parent && !/statement$|declaration$|block$/.test(parent.kind); parent = parent.parent) {
      if (this.#project.language.functionKinds.includes(parent.kind) && parent.field("body")?.holds(at)) return false;
      const call = this.#project.call(parent);
      const isGiven = call?.args.some(({ value }) => value.holds(at));
      if (!call || !isGiven) continue;
      const path = call.arg(0);
      const isOnApp = call.receiver && APPS.test(this.#project.resolver.name(call.receiver) ?? "");
      const isOnPath = path !== undefined && /^["'`][/*]/.test(path.text);
      const registers = REGISTERS.test(call.method) && !AT_START.test(path?.text ?? "");
      if (call.is(INJECTS) || (registers && (isOnApp || isOnPath))) return true;
    }
    return false;
  }

  /** Where a function is called, and where it is handed on. A use that cannot be followed counts as the file's own code. */
  #usesOf(fn: Node): ("request" | { from: Node })[] {
    const root = { from: fn.file.root };
    if (fn.kind === "method_definition" && fn.parent?.kind === "object" && /^get\s/.test(fn.text))
      return this.#isHandedOnWhole(fn.parent) ? [root] : orElse(this.#readsOf(fn.field("name")?.text ?? "", fn), root);
    const name = nameOf(fn);
    const outer = isReturned(fn) ? next(fn) : undefined;
    if (!name && outer) return this.#resultsOf(outer);
    if (!name) return fn.parent && this.#project.call(fn.parent.parent ?? fn.parent) ? [{ from: fn }] : [root];
    const uses = this.#mentionsOf(name, fn).map((mention): "request" | { from: Node } => {
      const { parent } = mention;
      const isCalled = parent !== null && this.#project.call(parent)?.callee === mention;
      if (isCalled) return { from: parent };
      const giver = isReturned(mention) ? next(mention) : undefined;
      if (giver) return this.#resultsOf(giver).every((use) => use === "request") ? "request" : root;
      return this.#isRegistered(mention) ? "request" : root;
    });
    return orElse(uses, root);
  }

  /** Where the function that another one gives back is run: a wrapper's, around a route. */
  #resultsOf(giver: Node, depth = 0): ("request" | { from: Node })[] {
    const name = depth < MAX_WRAPPERS ? nameOf(giver) : undefined;
    const root = { from: giver.file.root };
    const uses = (name ? this.#mentionsOf(name, giver) : []).map((mention) => {
      const whole = mention.parent && this.#project.call(mention.parent)?.callee === mention ? mention.parent : mention;
      const decorated = whole.parent?.kind === "decorator" ? whole.parent.parent : undefined;
      const outer = isReturned(whole) ? next(whole) : undefined;
      const isRun =
        (decorated && isRoute(decorated)) ||
        isExportedRoute(whole) ||
        this.#isRegistered(whole) ||
        (outer && outer !== giver && this.#resultsOf(outer, depth + 1).every((use) => use === "request"));
      return isRun ? "request" : root;
    });
    return orElse(uses, root);
  }

  /** Every mention of a function by its name, with the object before it. */
  #mentionsOf(name: string, fn: Node): Node[] {
    return this.#project.named(name).flatMap((node): Node[] => {
      if (node.within(...IN_TYPES) || isNameOf(node, fn)) return [];
      const whole = isProperty(node) && node.parent ? node.parent : node;
      return this.#project.resolver.source(whole) === fn ? [whole] : [];
    });
  }

  /** Whether an object is used other than by its properties: whatever takes it whole may read them all. */
  #isHandedOnWhole(object: Node): boolean {
    const holder = object.within("variable_declarator");
    const name = holder?.field("name");
    if (name?.kind !== "identifier") return true;
    return this.#project.named(name.text).some((node) => {
      if (node === name || node.within(...IN_TYPES)) return false;
      return node.parent?.field("object") !== node && this.#project.resolver.binding(node)?.node === name;
    });
  }

  /** Every reading of a property of that name, whatever the object. */
  #readsOf(name: string, getter: Node): { from: Node }[] {
    return this.#project.named(name).flatMap((node) => (getter.holds(node) ? [] : [{ from: node }]));
  }
}

/** A function under a decorator that makes it a route or a middleware. */
function isRoute(decorated: Node): boolean {
  return decorated.parts.some((part) => part.kind === "decorator" && DECORATOR.test(part.text));
}

/** What a file of routes exports as one, by where the file is. */
function isExportedRoute(node: Node): boolean {
  const text = node.within("export_statement")?.text ?? "";
  if (node.within(...node.file.language.functionKinds)) return false;
  if (ROUTE_FILE.test(node.file.path)) return EXPORTED_VERB.test(text);
  return PAGES_API.test(node.file.path) && /^export\s+default\b/.test(text);
}

/** Whether an expression is what the function around it gives back. */
function isReturned(node: Node): boolean {
  return node.parent?.kind === "return_statement" || (node.parent !== null && node.parent.field("body") === node);
}

function next(node: Node): Node | undefined {
  return node.within(...node.file.language.functionKinds);
}

function orElse<T>(found: T[], otherwise: T): T[] {
  return found.length > 0 ? found : [otherwise];
}

function nameOf(fn: Node): string | undefined {
  const holder = fn.parent?.kind === "variable_declarator" ? fn.parent : fn;
  return fn.kind === "method_definition" ? undefined : holder.field("name")?.text;
}

function isNameOf(node: Node, fn: Node): boolean {
  return node.parent?.field("name") === node && (node.parent === fn || node.parent.field("value") === fn);
}

function isProperty(node: Node): boolean {
  return node.parent?.field("property") === node || node.parent?.field("attribute") === node;
}
