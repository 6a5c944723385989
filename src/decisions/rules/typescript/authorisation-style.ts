import { absent, defineRule, firstOfEach, type Sighting } from "../../rule.ts";
import type { Call } from "../../source/call.ts";
import type { Node } from "../../source/node.ts";
import type { Project } from "../../source/project.ts";
import { authOrigin, isAuthName } from "../../topics/authorisation.ts";
import { checksInHandlers } from "../../topics/callers.ts";

const FRAMEWORKS = /^(hono|@nestjs)\b/;
const ROUTES = /^(get|post|put|patch|delete|all|route|del)$/;
const HOOKS = ["onRequest", "preHandler", "preValidation"];
const HANDLER_FILE = /(^|\/)(route|page)\.[cm]?[jt]sx?$|(^|\/)pages\/api\//;
const CHECKS_CALLER =
  /^((read|validate|decode)(User|Session|Token|Auth|Claims)\w*|get(Current|Auth|Session|Server)?_?(User|Session|ServerSession|Auth)\w*|require\w*|authenticate\w*|verify\w*|auth|check\w*Auth\w*|ensure\w*)$/;

/** A function written in place counts when it looks at the token itself. */
function looksAtToken(project: Project, fn: Node): Call | undefined {
  if (!project.language.functionKinds.includes(fn.kind)) return undefined;
  if ((fn.field("parameters")?.parts.length ?? 0) > 3) return undefined;
  const inside = fn.all(...project.language.callKinds).flatMap((node) => project.call(node) ?? []);
  const library = inside.find((call) =>
    call.is(/^(hono\/jwt\.(jwt|verify)|express-jwt|koa-jwt|jsonwebtoken\.verify|jose\.jwtVerify)/),
  );
  return (
    library ??
    (/authorization|session\b|cookie/i.test(fn.text) && /\b401\b|unauthori[sz]ed/i.test(fn.text)
      ? inside[0]
      : undefined)
  );
}

function isRouter(project: Project, node: Node): boolean {
  return /Router\(\)|^koa-router/.test(project.resolver.name(node) ?? "");
}

/** `app.use(requireAuth)` and `addHook("onRequest", authenticate)`. */
function middleware(project: Project): Sighting[] {
  return project.calls.flatMap((call): Sighting[] => {
    const isHook = call.method === "addHook" && HOOKS.includes(project.values.text(call.arg(0) ?? call.node) ?? "");
    if (!/^(use|apply)$/.test(call.method) && !isHook) return [];
    if (/^passport(\.\w+)*$/.test(project.resolver.name(call.receiver ?? call.node) ?? "")) return [];
    for (const { value } of call.args) {
      const library = looksAtToken(project, value);
      if (library)
        return [{ choice: "middleware", origin: authOrigin(project, library.callee, FRAMEWORKS), at: call.node }];
      const name = project.resolver.name(value) ?? "";
      if (/^(koa-jwt|express-jwt|hono\/(jwt|bearer-auth))/.test(name))
        return [{ choice: "middleware", origin: FRAMEWORKS.test(name) ? "framework" : "library", at: call.node }];
      if (!isRouter(project, value) && !/^["'`]/.test(value.text) && isAuthName(value))
        return [{ choice: "middleware", origin: authOrigin(project, value, FRAMEWORKS), at: call.node }];
    }
    return [];
  });
}

/** `router.get("/", requireAuth, handler)`, `{ onRequest: [authenticate] }`, and `withAuth(handler)`. */
function perRoute(project: Project): Sighting[] {
  return project.calls.flatMap((call): Sighting[] => {
    if (ROUTES.test(call.method) && call.args.length > 1) {
      const between = call.args.slice(1, -1).map((arg) => arg.value);
      const listed = between.flatMap((node) => (node.kind === "array" ? node.parts : [node]));
      const guard = listed.find((node) => isAuthName(node) && !project.language.functionKinds.includes(node.kind));
      if (guard) return [{ choice: "per route", origin: authOrigin(project, guard, FRAMEWORKS), at: call.node }];
      const hook = HOOKS.map((name) => call.option(name)).find((node) => node !== undefined && hookIsAuth(node));
      if (hook) return [{ choice: "per route", origin: "hand-written", at: hook }];
    }
    const [first] = call.args;
    const wraps =
      first &&
      project.language.functionKinds.includes(first.value.kind) &&
      isAuthName(call.callee) &&
      call.own !== undefined &&
      !/^(use|on|then)$/.test(call.method);
    return wraps ? [{ choice: "per route", origin: "hand-written", at: call.node }] : [];
  });
}

function hookIsAuth(node: Node): boolean {
  return node.kind === "array" ? node.parts.some(isAuthName) : isAuthName(node);
}

/** NestJS: `@UseGuards(...)` and guards for the whole app. */
function guards(project: Project): Sighting[] {
  const calls = project
    .callsOf(/^@nestjs\/common\.UseGuards$/)
    .filter((call) => call.args.some((arg) => !/Throttl/.test(arg.value.text)));
  const globals = project
    .all("object")
    .filter(
      (node) =>
        /provide:\s*APP_GUARD/.test(node.text) &&
        /useClass:\s*(?!Throttl)\w+/.test(node.text) &&
        node.parts.length <= 3,
    );
  return [...calls.map((call) => call.node), ...globals].map((at) => ({ choice: "guard", origin: "framework", at }));
}

/** A check that handlers call themselves: the app's own by what it does, a library's by its name. */
function inHandlers(project: Project): Sighting[] {
  const handlers = handlersOf(project);
  const own = checksInHandlers(project, handlers);
  const named = project.calls.filter(
    (call) =>
      (CHECKS_CALLER.test(call.method) || call.is(/^(next-auth.*|@clerk\/.*\.auth)$/)) &&
      call.own === undefined &&
      handlers.some((handler) => handler.holds(call.node)) &&
      /req|request|header|cookie|ctx|\bc\b|event|^\(\)$/.test(call.node.field("arguments")?.text ?? ""),
  );
  return [...own, ...named].map((call) => ({
    choice: "per route",
    origin: authOrigin(project, call.callee, FRAMEWORKS) === "framework" ? "framework" : "hand-written",
    at: call.node,
  }));
}

/** Functions that answer a route: exported by a route's file, or given to `app.get(path, ...)`, also by name or wrapped. */
function handlersOf(project: Project): Node[] {
  const { functionKinds } = project.language;
  const exported = project
    .all(...functionKinds)
    .filter((fn) => HANDLER_FILE.test(fn.file.path) && fn.within("export_statement") && !fn.within(...functionKinds));
  const given = project.calls.flatMap((call) => {
    const option = call.method === "route" ? call.option("handler") : undefined;
    const listed = ROUTES.test(call.method) && call.args.length > 1 ? call.args.slice(1).map(({ value }) => value) : [];
    return [...(option ? [option] : []), ...listed].flatMap((node) => functionsIn(project, node));
  });
  return [...new Set([...exported, ...given])];
}

function functionsIn(project: Project, node: Node, depth = 0): Node[] {
  const source = project.resolver.source(node);
  if (project.language.functionKinds.includes(source.kind)) return [source];
  const call = depth < 2 ? project.call(source) : undefined;
  const inside = call ? call.args.map(({ value }) => value) : source.kind === "array" ? source.parts : [];
  return inside.flatMap((one) => functionsIn(project, one, depth + 1));
}

export default defineRule({
  topic: "authorisation-style",
  read(project) {
    const attached = [...middleware(project), ...perRoute(project), ...guards(project)].filter(
      ({ at }) => at && project.isLive(at),
    );
    if (attached.length > 0) return firstOfEach(attached);
    const called = inHandlers(project);
    return called.length > 0 ? firstOfEach(called) : [absent()];
  },
});
