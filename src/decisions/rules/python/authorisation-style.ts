import { absent, defineRule, firstOfEach, type Sighting } from "../../rule.ts";
import type { Project } from "../../source/project.ts";
import { authOrigin, isAuthName } from "../../topics/authorisation.ts";
import { checksInHandlers } from "../../topics/callers.ts";

const FRAMEWORKS = /^(django|rest_framework|fastapi|starlette|ninja)\b/;
const DECORATOR =
  /(login|token|auth|admin|role|jwt|user|permission|staff)\w*_?(required|only)|^require[sd]?_|authenticated|protected|user_passes_test|^auth/i;
const READS_TOKEN = /[Aa]uthorization|\btoken\b|session|cookie/;
const ROUTE = /\.(get|post|put|patch|delete|route|api_route)\(/;
const METHOD = /^(get|post|put|patch|delete)$/;
const REFUSES = /401|403|[Uu]nauthori[sz]ed|decode|verify/;

/** FastAPI: `Depends(get_current_user)`, on a route, a router or an alias of a type. */
function dependencies(project: Project): Sighting[] {
  return project.callsOf(/^fastapi\.(Depends|Security|params\.Depends)$/).flatMap((call): Sighting[] => {
    const target = call.arg(0) ?? call.option("dependency");
    if (!target || !isAuthName(target) || /^fastapi\.security\b/.test(project.resolver.name(target) ?? "")) return [];
    return [{ choice: "dependency", origin: "framework", at: call.node }];
  });
}

/**
 * `@app.before_request`, also as `blueprint.before_request(require_user)`, `@app.middleware("http")` and middleware
 * classes that look at the caller.
 */
function middleware(project: Project): Sighting[] {
  const out: Sighting[] = [];
  for (const definition of project.all("decorated_definition")) {
    for (const decorator of definition.children.filter((child) => child.kind === "decorator")) {
      const isHook = /\.before_request\b|\.before_app_request\b|\.middleware\(\s*["']http["']/.test(decorator.text);
      if (isHook && READS_TOKEN.test(definition.text) && REFUSES.test(definition.text))
        out.push({ choice: "middleware", origin: "hand-written", at: decorator });
    }
  }
  for (const call of project.calls) {
    const isHook = /\.middleware\(\s*["']http["']\s*\)$/.test(call.callee.text);
    const takesCheck = /^(add_middleware|before_request|before_app_request)$/.test(call.method);
    const added = takesCheck || isHook ? call.arg(0) : undefined;
    if (added && isAuthName(added))
      out.push({ choice: "middleware", origin: authOrigin(project, added, FRAMEWORKS), at: call.node });
  }
  const [permissions] = project.fields("DEFAULT_PERMISSION_CLASSES");
  if (permissions && !/AllowAny/.test(permissions.text))
    out.push({ choice: "middleware", origin: "framework", at: permissions });
  return out;
}

/** Decorators, mixins and `permission_classes` on single views. */
function perRoute(project: Project): Sighting[] {
  const out: Sighting[] = [];
  for (const decorator of project.all("decorator")) {
    const target = decorator.parts[0];
    const callee = target?.kind === "call" ? target.field("function") : target;
    if (!callee || !target) continue;
    const name = project.resolver.name(callee) ?? "";
    if (
      DECORATOR.test(callee.text.split(".").at(-1) ?? "") &&
      !/validator|route|require_(POST|GET|safe|http_methods)|\.(get|post|put|delete|patch)$/.test(callee.text)
    ) {
      out.push({
        choice: "per route",
        origin: FRAMEWORKS.test(name) ? "framework" : name.includes(".") ? "library" : "hand-written",
        at: decorator,
      });
    }
  }
  for (const cls of project.all("class_definition")) {
    if (
      /\b(LoginRequiredMixin|PermissionRequiredMixin|UserPassesTestMixin)\b/.test(cls.field("superclasses")?.text ?? "")
    )
      out.push({ choice: "per route", origin: "framework", at: cls });
  }
  for (const classes of project.fields("permission_classes")) {
    if (/Is(Authenticated|Admin|Owner)|Has|Permission/.test(classes.text))
      out.push({ choice: "per route", origin: "framework", at: classes });
  }
  return out;
}

/** A check that a view calls itself. */
function inViews(project: Project): Sighting[] {
  const views = project.all("function_definition").filter((fn) => {
    const decorated = fn.parent?.kind === "decorated_definition" ? fn.parent : undefined;
    const isRouted = decorated?.children.some((child) => child.kind === "decorator" && ROUTE.test(child.text)) ?? false;
    const [first, second] = (fn.field("parameters")?.parts ?? []).map((part) => part.text);
    const isMethod = first === "self" && second === "request" && METHOD.test(fn.field("name")?.text ?? "");
    return isRouted || isMethod || (first === "request" && /(^|\/)views(\/|\.py$)/.test(fn.file.path));
  });
  return checksInHandlers(project, views).map((call) => ({
    choice: "per route",
    origin: "hand-written",
    at: call.node,
  }));
}

export default defineRule({
  topic: "authorisation-style",
  read(project) {
    const found = [...dependencies(project), ...middleware(project), ...perRoute(project)].filter(
      ({ at }) => at && project.isLive(at),
    );
    if (found.length > 0) return firstOfEach(found);
    const called = inViews(project);
    return called.length > 0 ? firstOfEach(called) : [absent()];
  },
});
